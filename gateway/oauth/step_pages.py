"""The pages of a log-in's later steps: a form each, no script, Chinese first."""

from html import escape
from urllib.parse import parse_qs, urlsplit

import segno

from gateway.oauth.page import page

_SECOND = """<label>动态口令或恢复码 · One-time code or recovery code
<input name="code" required autofocus maxlength="32" autocomplete="one-time-code"></label>"""
_OWN = """<p>当前口令由他人发放，请设置仅您本人知道的口令（至少12个字符）。<br>
<small>Somebody gave you this password: choose one that only you know.</small></p>
<label>新口令 · New password
<input name="new" type="password" required autofocus minlength="12" maxlength="128"
autocomplete="new-password"></label>
<label>再次输入 · Once more
<input name="again" type="password" required minlength="12" maxlength="128"
autocomplete="new-password"></label>"""
_ENROLMENT = """<p>本平台要求每位人员使用动态口令。<br>
请用验证器应用扫描二维码，或手工输入下方密钥，再输入其显示的数字。<br>
<small>Everybody needs one-time codes here. Scan the picture with an authenticator, or type the key
into it; then type in the six digits that it shows.</small></p>
{picture}
<p class="key">{key}</p>
<p><a href="{uri}">在本机的验证器中打开 · Open in an authenticator on this device</a></p>
<label>六位数字 · Six digits
<input name="code" required autofocus maxlength="6" minlength="6" inputmode="numeric"
pattern="[0-9]*" autocomplete="one-time-code"></label>"""
_RECOVERY = """<p>动态口令已启用。请抄录或打印以下恢复码。<br>
恢复码只显示这一次，每个可代替动态口令一次。<br>
<small>One-time codes are on. Write down or print these recovery codes, shown this once; each
stands in for a one-time code once.</small></p>
<ol class="codes">{codes}</ol>"""


def second(application: str, hidden: dict[str, str], fault: str | None) -> str:
    """The form for the one-time code; everything that came from outside is escaped."""
    return page("/oauth/authorize/second", _SECOND, application, hidden, fault)


def password(application: str, hidden: dict[str, str], fault: str | None) -> str:
    """The form for a password of one's own."""
    button = "设置并登录 · Set and log in"
    return page("/oauth/authorize/password", _OWN, application, hidden, fault, button=button)


def enrolment(application: str, hidden: dict[str, str], uri: str, fault: str | None) -> str:
    """The form for the first code of a new authenticator, with its key as a picture and in groups
    of four.

    The picture is drawn into the page itself: the key goes nowhere else, no address holds it.
    """
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    key = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    fields = _ENROLMENT.format(key=escape(key), uri=escape(uri), picture=_picture(uri))
    button = "启用并登录 · Turn on and log in"
    return page("/oauth/authorize/enrolment", fields, application, hidden, fault, button=button)


def too_late() -> str:
    """What a person reads who came back to a page that is over; the log-in begins elsewhere."""
    fault = "此步骤已失效，请返回应用重新登录 · This step is over: go back and log in anew"
    return page("/oauth/authorize", "", "", {}, fault, button=None)


def recovery_codes(application: str, hidden: dict[str, str], codes: list[str]) -> str:
    """The recovery codes, and the way on."""
    fields = _RECOVERY.format(codes="".join(f"<li>{escape(code)}</li>" for code in codes))
    button = "已保存，继续 · Kept, go on"
    return page("/oauth/authorize/finish", fields, application, hidden, None, button=button)


def _picture(uri: str) -> str:
    # Black on white with its quiet zone also where the page is dark: scanners want it so.
    drawn = segno.make(uri, error="m", micro=False)
    svg: str = drawn.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="picture", lineclass=None
    )
    return svg.replace("<svg ", '<svg role="img" aria-label="二维码 · QR code" ', 1)
