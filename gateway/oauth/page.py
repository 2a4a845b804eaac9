"""The log-in's page, and what its later pages share: a form, no script, Chinese first."""

from collections.abc import Mapping
from html import escape
from string import Template
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import HTMLResponse, RedirectResponse

from shared.errors import TooMany, Unavailable

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'"
_PAGE = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>登录 · 汇通 Huitong</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif }
body { display: grid; place-items: center; min-height: 90vh; margin: 0; background: Canvas;
  color: CanvasText }
main { width: min(22rem, 90vw); display: grid; gap: 1.2rem }
form { display: grid; gap: .8rem }
h1 { font-size: 1.3rem; margin: 0 }
label { display: grid; gap: .2rem }
input, button { font: inherit; padding: .5rem .6rem; border: 1px solid GrayText;
  border-radius: .3rem; background: Field; color: FieldText }
button { background: #1456a0; color: #fff; border: 0; cursor: pointer }
.other button { background: Canvas; color: CanvasText; border: 1px solid GrayText }
.fault { border-left: .3rem solid #c0392b; padding: .3rem .6rem; margin: 0 }
small { color: color-mix(in srgb, CanvasText 70%, Canvas) }
p { margin: 0 }
.key { font: 1.05rem/1.7 ui-monospace, monospace; overflow-wrap: anywhere; padding: .4rem .6rem;
  border: 1px solid GrayText; border-radius: .3rem; user-select: all }
.picture { width: 12rem; justify-self: center; border-radius: .3rem }
.codes { font: .95rem/1.6 ui-monospace, monospace; margin: 0; padding-left: 2.6rem }
</style></head><body>
<main><form method="post" action="$action" autocomplete="off">
<h1>登录汇通 <small>Log in to Huitong</small></h1>
$fault
$hidden
$fields
$button
$told
</form>
$others</main></body></html>
""")


_FIRST = """<label>账号 · Account
<input name="username" required autofocus maxlength="64" autocomplete="username"></label>
<label>口令 · Password
<input name="password" type="password" required maxlength="128"
autocomplete="current-password"></label>"""
_OTHER = Template("""<form class="other" method="post" action="/oauth/issuers/$name/begin">
$hidden<button>以$title登录 · Log in by $title</button></form>""")


def login_page(
    application: str, hidden: dict[str, str], fault: str | None, issuers: Mapping[str, str]
) -> str:
    """The form for name and password as HTML, and a button for each outside issuer, whose
    titles stand under their names; everything that came from outside is escaped.
    """
    kept = _hidden(hidden)
    others = "\n".join(
        _OTHER.substitute(name=escape(name), title=escape(title), hidden=kept)
        for name, title in issuers.items()
    )
    return page("/oauth/authorize", _FIRST, application, hidden, fault, others)


def answered(page: str, status: int) -> Response:
    """A page as an answer that nobody keeps, frames or learns an address from."""
    headers = {
        "Content-Security-Policy": _CSP,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, status, headers)


def waiting(refusal: TooMany | Unavailable) -> str:
    """What a person reads who tried too often, or at a busy moment."""
    return f"请在 {refusal.retry_after} 秒后再试 · {refusal.detail}"


def sent_back(redirect_uri: str, code: str, issuer: str, state: str) -> Response:
    """The way back to the application, with its code (RFC 6749 §4.1.2, RFC 9207)."""
    told = {"code": code, "iss": issuer}
    if state:
        told["state"] = state
    return RedirectResponse(f"{redirect_uri}?{urlencode(told)}", 303, {"Cache-Control": "no-store"})


def page(
    action: str,
    fields: str,
    application: str,
    hidden: dict[str, str],
    fault: str | None,
    others: str = "",
    button: str | None = "登录 · Log in",
) -> str:
    """A form that is sent to `action`; `fields` and `others` are HTML, all else is escaped."""
    shown = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return _PAGE.substitute(
        action=action,
        fields=fields,
        fault=shown,
        hidden=_hidden(hidden),
        told=f"<small>应用 · Application: {escape(application)}</small>" if application else "",
        others=others,
        button=f"<button>{escape(button)}</button>" if button else "",
    )


def _hidden(values: dict[str, str]) -> str:
    return "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )
