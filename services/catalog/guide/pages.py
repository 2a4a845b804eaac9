"""The service guide as pages: no script, nothing from elsewhere, readable on a phone. Pure."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from services.catalog.announced.pages import framed
from services.catalog.guide.rules import ChannelKind
from services.catalog.guide.schemas import ChannelView, PublicServices, PublicServiceView

TITLE: Final = "信息化服务指引目录"
_KINDS: Final[Mapping[ChannelKind, str]] = {
    ChannelKind.WEB: "网上办理",
    ChannelKind.WINDOW: "办事窗口",
    ChannelKind.TELEPHONE: "联系电话",
}
_HOME: Final = "/catalogue/services"


def listing(found: PublicServices, provider: UUID | None) -> str:
    """The guide as HTML."""
    lines = "".join(_line(service) for service in found.items)
    empty = "" if found.items else '<p>暂无服务 <span lang="en">No services yet</span></p>'
    return framed(
        TITLE,
        f"""<h1><a href="{_HOME}">{TITLE}</a></h1>
<p class="quiet" lang="en">What departments offer the public</p>{empty}
<ul class="list">{lines}</ul>{_more(found.next, provider)}
<p class="quiet"><a href="/catalogue">资源目录 <span lang="en">Catalogue</span></a> ·
<a href="{_HOME}.json">JSON</a></p>""",
    )


def service(it: PublicServiceView, resources: Sequence[tuple[UUID, str]]) -> str:
    """One service as HTML, with the names of the public resources that it rests on."""
    facts = [
        ("提供部门", _provider(it)),
        ("服务内容", escape(it.abstract)),
        ("服务对象", escape(it.audience)),
        *((_KINDS[way.kind], _way(way)) for way in it.channels),
        ("办理依据", escape(it.basis)),
        ("确认日期", it.confirmed_on.isoformat() if it.confirmed_on else ""),
        *(
            ("相关资源", f'<a href="/catalogue/{identity}">{escape(name)}</a>')
            for identity, name in resources
        ),
    ]
    lines = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    return framed(
        f"{it.name} · {TITLE}",
        f"""<p class="quiet"><a href="{_HOME}">{TITLE}</a></p>
<h1>{escape(it.name)}</h1><dl>{lines}</dl>
<p class="quiet"><a href="{_HOME}/{it.id}.json">JSON</a></p>""",
    )


def _line(it: PublicServiceView) -> str:
    return (
        f'<li><h2><a href="{_HOME}/{it.id}">{escape(it.name)}</a></h2>'
        f'<p class="quiet">{_provider(it)}</p><p>{escape(it.abstract[:160])}</p></li>'
    )


def _provider(it: PublicServiceView) -> str:
    query = urlencode({"provider": str(it.provider)})
    return f'<a href="{_HOME}?{query}">{escape(it.provider_name)}</a>'


def _way(way: ChannelView) -> str:
    # What is linked was checked to begin with http:// or https:// when it came in.
    said = escape(way.address)
    if way.kind is ChannelKind.WEB:
        said = f'<a href="{said}" rel="noreferrer">{said}</a>'
    return f"{said}（{escape(way.hours)}）" if way.hours else said


def _more(cursor: str | None, provider: UUID | None) -> str:
    if cursor is None:
        return ""
    narrowed = {"provider": str(provider)} if provider else {}
    query = escape(urlencode({**narrowed, "cursor": cursor}))
    more = '更多 <span lang="en">More</span>'
    return f'<p><a rel="next" href="{_HOME}?{query}">{more}</a></p>'
