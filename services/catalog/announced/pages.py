"""The public catalogue as pages: no script, nothing from elsewhere, readable on a phone. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from services.catalog.announced.entries import CYCLES, OPENNESS, SHARE_TYPES, Entry
from services.catalog.search.index import Count

_STYLE = """\
:root{color-scheme:light dark;--line:#8886;--accent:light-dark(#0b57a4,#8ab8ee)}
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
max-width:60rem;margin:0 auto;padding:1rem}
a{color:var(--accent)}h1{font-size:1.4rem;line-height:1.3}h1 a{color:inherit;text-decoration:none}
h2{font-size:1.1rem}small,.quiet{opacity:.75;font-size:.85rem}
form{display:flex;gap:.5rem;margin:1rem 0}
input{flex:1;min-width:0}input,button{font:inherit;padding:.5rem .7rem;border:1px solid var(--line);
border-radius:.3rem}
ul.list{list-style:none;padding:0}ul.list li{border-top:1px solid var(--line);padding:.8rem 0}
ul.list h2{margin:0}ul.list p{margin:.2rem 0}
ul.facets{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem .8rem}
dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.3rem 1rem}
dt{opacity:.75}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:30rem){dl{grid-template-columns:1fr}dt{margin-top:.5rem}}
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list: what was asked, what was found and where it goes on.

    `guide` says whether there is a guide to public services beside the catalogue.
    """

    title: str
    entries: Sequence[Entry]
    asked: str
    topic: str | None
    provider: str | None
    total: int | None
    topics: Sequence[tuple[str, str, int]]
    cursor: str | None
    guide: bool


def listing(found: Listing) -> str:
    """The list as HTML."""
    kept = {"q": found.asked, "topic": found.topic, "provider": found.provider}
    chosen = {name: value for name, value in kept.items() if value}
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in chosen.items()
        if name != "q"
    )
    return framed(
        found.title,
        f"""<h1><a href="/catalogue">{escape(found.title)}</a></h1>
<form action="/catalogue" role="search">{hidden}
<input name="q" value="{escape(found.asked)}" maxlength="200" aria-label="搜索 Search"
placeholder="名称、信息项、部门 · Name, item, department"><button>搜索 <span lang="en">Search</span>
</button></form>
{_topics(found, chosen)}
{_found(found)}
<ul class="list">{"".join(_line(entry) for entry in found.entries)}</ul>
{_more(found, chosen)}
<p class="quiet">面向机器 <span lang="en">For machines</span>: <a href="/catalogue.ttl">DCAT
(Turtle)</a>, <a href="/catalogue.jsonld">DCAT (JSON-LD)</a></p>{_guide(found)}""",
    )


def entry(it: Entry, title: str) -> str:
    """One entry as HTML."""
    provider = f'<a href="/catalogue?{urlencode({"provider": str(it.provider.id)})}">'
    facts = [
        ("信息资源代码", escape(it.code or "")),
        ("提供部门", f"{provider}{escape(it.provider.name)}</a>"),
        ("摘要", escape(it.abstract or "")),
        ("分类", escape(it.topic_name or "")),
        ("格式", escape(it.format or "")),
        ("共享类型", SHARE_TYPES[it.share_type]),
        ("共享条件", escape(it.share_condition or "")),
        ("开放属性", OPENNESS[it.openness] if it.openness else ""),
        ("开放条件", escape(it.open_condition or "")),
        ("更新周期", CYCLES[it.cycle] if it.cycle else ""),
        ("发布日期", it.published_on.isoformat() if it.published_on else ""),
        ("信息项", escape("、".join(it.items))),
    ]
    lines = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    address = f"/catalogue/{it.id}"
    return framed(
        f"{it.name} · {title}",
        f"""<p class="quiet"><a href="/catalogue">{escape(title)}</a></p>
<h1>{escape(it.name)}</h1><dl>{lines}</dl>
<p class="quiet">政务部门登录平台后可以申请共享。<span lang="en">Departments ask for it on the
platform.</span> DCAT: <a href="{address}.ttl">Turtle</a>, <a href="{address}.jsonld">JSON-LD</a>
</p>""",
    )


def topics_of(count: Count, labels: dict[str, str]) -> list[tuple[str, str, int]]:
    """The topics that were found, each with its name and how many."""
    return [(value, labels.get(value, value), number) for value, number in count.values]


def _guide(found: Listing) -> str:
    if not found.guide:
        return ""
    said = '信息化服务指引目录 <span lang="en">What departments offer the public</span>'
    return f'<p class="quiet"><a href="/catalogue/services">{said}</a></p>'


def _topics(found: Listing, chosen: dict[str, str]) -> str:
    lines = []
    for value, label, number in found.topics:
        rest = {name: said for name, said in chosen.items() if name != "topic"}
        here = value == found.topic
        query = urlencode(rest if here else {**rest, "topic": value})
        name = f"<strong>{escape(label)} ✕</strong>" if here else escape(label)
        lines.append(f'<li><a href="/catalogue?{escape(query)}">{name}</a> {number}</li>')
    return f'<ul class="facets" aria-label="分类 Topics">{"".join(lines)}</ul>' if lines else ""


def _found(found: Listing) -> str:
    if found.total is None:
        return ""
    return f'<p class="quiet">{found.total:,} 条 <span lang="en">entries</span></p>'


def _line(it: Entry) -> str:
    said: Iterable[str] = filter(
        None,
        (it.provider.name, SHARE_TYPES[it.share_type], CYCLES[it.cycle] if it.cycle else None),
    )
    return (
        f'<li><h2><a href="/catalogue/{it.id}">{escape(it.name)}</a></h2>'
        f'<p class="quiet">{escape(" · ".join(said))}</p>'
        f"<p>{escape((it.abstract or '')[:160])}</p></li>"
    )


def _more(found: Listing, chosen: dict[str, str]) -> str:
    if found.cursor is None:
        return ""
    query = urlencode({**chosen, "cursor": found.cursor})
    more = '更多 <span lang="en">More</span>'
    return f'<p><a rel="next" href="/catalogue?{escape(query)}">{more}</a></p>'


def framed(title: str, body: str) -> str:
    """A whole page of the public catalogue around what stands in it, which is HTML already."""
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body>{body}</body></html>
"""
