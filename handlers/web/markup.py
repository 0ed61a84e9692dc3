"""Lines of wording as HTML. Whatever is not ours is escaped, and kept from turning what stands around it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from handlers.wording.text.lines import Code, Exact, Laid, Line, Link, Part, Quoted, Strong, Ticket, Value
from handlers.wording.text.typed import visible


def html(line: Line, zone: ZoneInfo) -> Markup:
    """Write a line, its moments in the time zone of the policy."""
    return Markup("").join(_part(part, zone) for part in line)


def moment(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> Markup:
    """A moment, with its zone: readers may sit anywhere."""
    there = at.astimezone(zone)
    shown = there.strftime("%Y-%m-%d %H:%M:%S %Z" if seconds else "%Y-%m-%d %H:%M %Z")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), shown)


def _part(part: Part, zone: ZoneInfo) -> Markup:
    if isinstance(part, datetime):
        return moment(part, zone)
    if isinstance(part, Exact):
        return moment(part.at, zone, seconds=True)
    if isinstance(part, Ticket | Link):
        return Markup('<a href="{}" rel="noopener noreferrer"><bdi>{}</bdi></a>').format(
            part.url, visible(part.text)
        )
    if isinstance(part, Laid):
        return Markup('<pre class="laid"><bdi>{}</bdi></pre>').format(part.rows)
    if isinstance(part, str):
        return escape(part) if part.isascii() else Markup("<bdi>{}</bdi>").format(visible(part))
    # What was typed is clean, and keeps its lines.
    text = part.text if isinstance(part, Quoted | Value) else visible(part.text)
    return _MARKS[type(part)].format(text)


_MARKS = {
    Code: Markup("<code>{}</code>"),
    Strong: Markup("<strong>{}</strong>"),
    Quoted: Markup("<bdi>{}</bdi>"),
    Value: Markup("<bdi>{}</bdi>"),
}
