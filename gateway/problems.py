"""What a problem document's `type` leads to: a short page about one kind of refusal.

Every service tells of its own refusals in its OpenAPI description (shared/app.py).
"""

from collections.abc import Mapping
from html import escape
from string import Template
from typing import Any

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · Huitong</title></head><body>
<h1>$title</h1>
<p>$meaning</p>
<dl><dt>代码 · Code</dt><dd><code>$code</code></dd>
<dt>状态 · HTTP status</dt><dd>$status</dd>
<dt>由谁拒绝 · Refused by</dt><dd>$services</dd></dl>
<p>答复中的 <code>detail</code> 说明该怎么办；<code>request_id</code> 可供平台运维人员查询。<br>
<code>detail</code> in the answer says what to do; <code>request_id</code> leads the platform's
engineers to the reason.</p>
</body></html>
""")

Documents = Mapping[str, dict[str, Any]]  # the edge: OpenAPI as JSON, by service


def page(code: str, documents: Documents) -> str | None:
    """The page about `code` as HTML; None where no service refuses by that name."""
    found = {
        service: told
        for service, document in sorted(documents.items())
        if (told := document.get("x-problems", {}).get(code)) is not None
    }
    if not found:
        return None
    told = next(iter(found.values()))
    return _PAGE.substitute(
        code=escape(code),
        title=escape(str(told["title"])),
        status=escape(str(told["status"])),
        meaning=escape(str(told["meaning"])),
        services=escape(", ".join(found)),
    )
