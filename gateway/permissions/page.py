"""The table as a page: Chinese first, no script, nothing from elsewhere, readable when printed."""

from html import escape

from gateway.permissions.table import Holder, HolderKind, Line, Operation, Table

SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = """\
:root{color-scheme:light dark}
body{font-family:system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
max-width:78rem;margin:2rem auto;padding:0 1rem;line-height:1.5}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:1rem 0;font-size:.9rem}
th,td{border:1px solid #8888;padding:.3rem .5rem;text-align:left;vertical-align:top}
td.may{text-align:center}
tbody th{position:sticky;left:0;background:Canvas}
code{font-family:ui-monospace,monospace;font-size:.85rem}
small{display:block;font-weight:normal;opacity:.75}
"""


def page(table: Table) -> str:
    """The whole page as HTML."""
    people = [h for h in table.holders if h.kind is HolderKind.ROLE]
    machines = [h for h in table.holders if h.kind is HolderKind.CLIENT]
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>权限表 · Permissions</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>权限表 <small>Who may do what</small></h1>
<p>本表由网关判定所用的同一份规则生成；表中没有的操作一律拒绝。提取他人数据还须有有效授权。
<small>Made of the very rules that the gateway decides by: what is not listed is refused. Taking
others' data needs a grant in force as well.</small></p>
<p>部门可将其系统与前置机限定为下表所列权限的一部分。
<small>A department may limit a machine of its own to some of what machines of its kind may
do.</small></p>
<h2>人员 <small>People</small></h2>
{_matrix(people, table.lines)}
<h2>系统与前置机 <small>Machines</small></h2>
{_matrix(machines, table.lines)}
<h2>操作 <small>Operations</small></h2>
{_operations(table.lines)}
</body>
</html>
"""


def _matrix(holders: list[Holder], lines: tuple[Line, ...]) -> str:
    head = "".join(
        f'<th scope="col">{escape(h.name)}<small>{escape(h.id)}</small></th>' for h in holders
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(line.name)}<small>{line.permission.value}</small></th>'
        + "".join(
            f'<td class="may">{"✓" if holder.id in line.holders else ""}</td>' for holder in holders
        )
        + "</tr>"
        for line in lines
    )
    return (
        f'<div class="wide"><table><thead><tr><th scope="col">权限<small>Permission</small></th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _operations(lines: tuple[Line, ...]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(line.name)}<small>{line.permission.value}</small></th>'
        f"<td>{'<br>'.join(_operation(o) for o in line.operations)}</td></tr>"
        for line in lines
    )
    return (
        '<div class="wide"><table><thead><tr><th scope="col">权限<small>Permission</small></th>'
        f'<th scope="col">操作<small>Operations</small></th></tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _operation(operation: Operation) -> str:
    said = escape(operation.summary) if operation.summary else ""
    granted = "（须有授权 · under a grant）" if operation.data else ""
    return f"<code>{operation.method} {escape(operation.path)}</code> {said}{granted}".rstrip()
