"""The log-in page: one form, no script, nothing from elsewhere, Chinese first."""

from html import escape
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>登录 · 汇通 Huitong</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif }
body { display: grid; place-items: center; min-height: 90vh; margin: 0; background: Canvas;
  color: CanvasText }
form { width: min(22rem, 90vw); display: grid; gap: .8rem }
h1 { font-size: 1.3rem; margin: 0 }
label { display: grid; gap: .2rem }
input, button { font: inherit; padding: .5rem .6rem; border: 1px solid GrayText;
  border-radius: .3rem; background: Field; color: FieldText }
button { background: #1456a0; color: #fff; border: 0; cursor: pointer }
.fault { border-left: .3rem solid #c0392b; padding: .3rem .6rem; margin: 0 }
small { color: GrayText }
</style></head><body>
<form method="post" action="/oauth/authorize" autocomplete="off">
<h1>登录汇通 <small>Log in to Huitong</small></h1>
$fault
$hidden
<label>账号 · Account <input name="username" required autofocus maxlength="64"></label>
<label>口令 · Password
<input name="password" type="password" required maxlength="128"></label>
<button>登录 · Log in</button>
<small>应用 · Application: $application</small>
</form></body></html>
""")


def login_page(application: str, hidden: dict[str, str], fault: str | None) -> str:
    """The form as HTML; everything that came from outside is escaped."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    shown = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return _PAGE.substitute(fault=shown, hidden=fields, application=escape(application))
