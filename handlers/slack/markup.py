"""Words as Block Kit text. What people typed goes into rich text or plain text, where Slack reads no markup."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from handlers.wording.text.lines import (
    Code,
    Exact,
    Fact,
    Laid,
    Line,
    Link,
    Part,
    Quoted,
    Strong,
    Ticket,
    Value,
    plain,
)
from handlers.wording.text.typed import clean, clip, visible

Block = dict[str, Any]

SECTION = 2900
"""Characters that we put into one section; Slack takes 3,000 (docs.slack.dev, Block Kit, section)."""

_ATOM = 400
_DATE = "{date_short_pretty} at {time}"
_DATE_WITH_SECONDS = "{date_short_pretty} at {time_secs}"


def escape(text: str) -> str:
    """Escape the three characters that Slack's mrkdwn reads (docs.slack.dev, Formatting message text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`: a slash command's text comes escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def plain_text(text: str, *, most: int, emoji: bool = False) -> Block:
    """A text object in which nothing is read as markup."""
    return {"type": "plain_text", "text": clip(clean(text), most) or "-", "emoji": emoji}


def mrkdwn(text: str) -> Block:
    """A text object of markup that is ours; `verbatim` keeps Slack from making links and mentions of words."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def marked(line: Line) -> str:
    """Write a line in mrkdwn; typed text must not be in it."""
    return "".join(piece for part in line for piece in _pieces(part))


def _pieces(part: Part) -> Iterable[str]:
    """Write a part in pieces that are short after escaping and may be split between, never within."""
    if isinstance(part, datetime | Exact):
        stamp, form = _stamp(part)
        return [f"<!date^{stamp}^{form}|{plain((part,))}>"]
    if isinstance(part, Quoted | Value | Laid | Ticket):
        raise TypeError("typed text has no place in mrkdwn")
    if isinstance(part, Strong):
        return [f"*{escape(part.text)}*"]
    if isinstance(part, Link):
        return [f"<{part.url}|{escape(part.text)}>"]
    text = visible(part.text if isinstance(part, Code) else part)
    atoms = [escape(text[at : at + _ATOM]) for at in range(0, len(text), _ATOM)]
    return [f"`{atom.replace('`', chr(39))}`" for atom in atoms] if isinstance(part, Code) else atoms


def sections(lines: Iterable[Line], *, title: str = "") -> list[Block]:
    """Lay lines out in as many sections as they need; nothing is left out."""
    return [{"type": "section", "text": mrkdwn(text)} for text in _packed(lines, title)]


def contexts(lines: Iterable[Line]) -> list[Block]:
    """The same in small print."""
    return [{"type": "context", "elements": [mrkdwn(text)]} for text in _packed(lines, "")]


def _packed(lines: Iterable[Line], title: str) -> list[str]:
    packed = [f"*{escape(title)}*"] if title else [""]
    for line in lines:
        glue = "\n" if packed[-1] else ""
        for piece in (piece for part in line for piece in _pieces(part)):
            if len(packed[-1]) + len(glue) + len(piece) > SECTION:
                packed.append("")
                glue = ""
            packed[-1] += glue + piece
            glue = ""
    return [text for text in packed if text.strip()]


def rich_line(line: Line) -> Block:
    """One line that may hold typed text."""
    parts = [_rich(part) for part in line if part]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}


def rich_facts(facts: Sequence[Fact]) -> Block:
    """Facts, one a line, each behind its label, in which nothing is read as markup."""
    elements: list[Block] = []
    parts: list[Block] = []
    for fact in facts:
        parts.append(_words(f"{chr(10) if parts else ''}{fact.label}: ", bold=True))
        boxed = [_box(part.rows) for part in fact.value if isinstance(part, Laid)]
        parts += [_rich(part) for part in fact.value if not isinstance(part, Laid)]
        if boxed:
            elements += [_section(parts), *boxed]
            parts = []
    return {"type": "rich_text", "elements": [*elements, *([_section(parts)] if parts else [])]}


def rich_lines(lines: Sequence[Line]) -> Block:
    """Lines that may hold typed text, as a list."""
    items = [{"type": "rich_text_section", "elements": [_rich(part) for part in line if part]} for line in lines]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}]}


def rich_box(title: str, text: str) -> Block:
    """A text in a box under a title of ours; the box shows every character as it is."""
    return {"type": "rich_text", "elements": [_heading(title), _box(text)]}


def _box(text: str) -> Block:
    return {"type": "rich_text_preformatted", "elements": [_words(text or " ")]}


def rich_quote(line: Line, *, title: str = "") -> Block:
    """A typed text as a quotation, whose bar runs along every line of it; no character in it is markup."""
    # Its line breaks stay, which `_rich` takes out.
    parts = [_rich(part) if isinstance(part, Ticket) else _words(plain((part,))) for part in line]
    quote = {"type": "rich_text_quote", "elements": parts or [_words(" ")]}
    return {"type": "rich_text", "elements": [*([_heading(title)] if title else []), quote]}


def mentioned(user: str, address: str) -> Block:
    """Mention a person by an id that Slack itself gave for their address; without one, name the address."""
    return {"type": "user", "user_id": user} if user else _words(address)


def rich_call(people: Sequence[Block], line: Line, *, link: str) -> Block:
    """A line after the people whom it calls, and an address that Slack itself gave for what it is about."""
    parts = [part for person in people for part in (person, _words(" "))]
    parts += [_rich(part) for part in line if part]
    parts += [_words(" "), {"type": "link", "url": link, "text": "Open the card"}] if link else []
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}


def _heading(title: str) -> Block:
    return _section([_words(title, bold=True)])


def _section(parts: Sequence[Block]) -> Block:
    return {"type": "rich_text_section", "elements": list(parts)}


def _rich(part: Part) -> Block:
    if isinstance(part, datetime | Exact):
        stamp, form = _stamp(part)
        return {"type": "date", "timestamp": stamp, "format": form, "fallback": plain((part,))}
    if isinstance(part, Quoted | Value | Laid):
        return _words((visible(part.text) if isinstance(part, Quoted) else part.text) or " ")
    if isinstance(part, Code):
        return _words(visible(part.text) or " ", code=True)
    if isinstance(part, Strong):
        return _words(part.text, bold=True)
    if isinstance(part, Link | Ticket):
        return {"type": "link", "url": part.url, "text": part.text}
    return _words(visible(part))


def _stamp(part: datetime | Exact) -> tuple[int, str]:
    """A moment as Slack takes it, and its format for each reader (docs.slack.dev, Formatting message text)."""
    if isinstance(part, Exact):
        return int(part.at.timestamp()), _DATE_WITH_SECONDS
    return int(part.timestamp()), _DATE


def _words(text: str, *, bold: bool = False, code: bool = False) -> Block:
    element: Block = {"type": "text", "text": text}
    if bold:
        element["style"] = {"bold": True}
    if code:
        element["style"] = {"code": True}
    return element
