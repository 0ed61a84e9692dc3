"""A letter about a request as a mail: the card's own view in plain text and in HTML, and headers.

Typed text can forge nothing in it. In the text every line of it stands behind a bar, in the HTML it is escaped,
and invisible and direction-changing characters are taken out; no header holds any of it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from approvals.ports.messages import Notice
from approvals.requests import unreviewed
from approvals.telling.cards import Card
from handlers.links import request_link, review_link
from handlers.mail.settings import MailSettings
from handlers.wording.mails import NO_REPLY, subject, words
from handlers.wording.text.lines import Code, Exact, Laid, Line, Link, Part, Quoted, Strong, Ticket, Value
from handlers.wording.text.typed import visible
from handlers.wording.views import view

WIDTH = 76
"""Columns of the text part: what a reader of plain text shows without breaking lines."""

_POLICY = SMTP.clone(max_line_length=998)


def message_id(settings: MailSettings, request: str, key: str) -> str:
    """The same for the same letter, however often it is sent."""
    digest = hashlib.sha256(f"{request} {key}".encode()).hexdigest()[:24]
    return f"<{request}.{digest}@{settings.sender.partition('@')[2].lower()}>"


def letter(notice: Notice, card: Card, *, to: str, settings: MailSettings, now: datetime) -> EmailMessage:
    """Compose the mail. `to` is one plain address."""
    request = card.request
    again = "Re: " if notice.follows else ""
    made = addressed(f"{again}{subject(card)}", to=to, settings=settings, now=now)
    made["Message-ID"] = message_id(settings, request.id, notice.key)
    earlier = [message_id(settings, request.id, key) for key in notice.follows]
    if earlier:
        made["In-Reply-To"] = earlier[-1]
        made["References"] = " ".join(earlier)
    filled(made, written(notice, card, settings=settings))
    return made


def addressed(subject: str, *, to: str, settings: MailSettings, now: datetime) -> EmailMessage:
    """A mail with the headers of every one of ours."""
    made = EmailMessage(policy=_POLICY)
    made["Subject"] = subject
    made["From"] = Address(display_name=settings.sender_name, addr_spec=settings.sender)
    made["To"] = Address(addr_spec=to)
    made["Date"] = now.astimezone(UTC)
    # Nobody's absence note or robot answers it (RFC 3834, and Exchange's own word for that).
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made["List-Id"] = f"Countersign <countersign.{settings.sender.partition('@')[2].lower()}>"
    return made


def filled(made: EmailMessage, both: tuple[str, str]) -> None:
    """Give a mail its text and its HTML."""
    text, html = both
    made.set_content(text, cte="quoted-printable")
    made.add_alternative(html, subtype="html", cte="quoted-printable")


def written(notice: Notice, card: Card, *, settings: MailSettings) -> tuple[str, str]:
    """The text and the HTML of a letter."""
    # A mail has room for all of it, however long it is.
    shown = view(msgspec.structs.replace(card, too_long=False))
    asks = notice.step in {"call", "remind"}
    link = review_link(settings.pages_url, card.token) if card.token and asks else ""
    if asks and unreviewed(card.request):
        link = request_link(settings.pages_url, card.request.id)
    given = {
        "view": shown,
        "words": words(notice, card),
        "link": link,
        "said": shown.effect if link and shown.effect else shown.meaning,
        "facts": [(fact.label, fact.value) for fact in shown.lines or shown.facts],
        "id": card.request.id,
        "no_reply": NO_REPLY,
    }
    return drawn("letter", given, settings=settings)


def drawn(template: str, given: Mapping[str, Any], *, settings: MailSettings) -> tuple[str, str]:
    """The text and the HTML by templates of this name."""
    page = _environment(settings.timezone)
    text = page.get_template(f"{template}.txt").render(given)
    return _tidy(text), page.get_template(f"{template}.html").render(given)


@cache
def _environment(zone: ZoneInfo) -> Any:
    """The templates, which escape whatever is written into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - loaded at the first mail

    made = Environment(
        loader=PackageLoader("handlers.mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "parts": lambda line: [_part(part, zone) for part in line],
        "plain": lambda line: in_text(line, zone),
        "quoted": lambda line: quoted(line, zone),
        "wrapped": wrapped,
    }
    return made


def moment(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Say a moment in a time zone, with its name: `Fri, 2 Jan 1970, 10:00 AEST (UTC+10:00)`."""
    here = at.astimezone(zone)
    clock = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    offset = here.strftime("%z")
    name = here.tzname() or ""
    place = "UTC" if here.utcoffset() is not None and not here.utcoffset() else f"UTC{offset[:3]}:{offset[3:]}"
    named = f"{name} ({place})" if name.isalpha() and name != place else place
    return f"{here:%a}, {here.day} {here:%b %Y}, {clock} {named}"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line, as the template of the HTML lays it out."""

    kind: str
    text: str
    url: str = ""
    rows: str = ""


def _part(part: Part, zone: ZoneInfo) -> Piece:
    if isinstance(part, datetime):
        return Piece(kind="time", text=moment(part, zone))
    if isinstance(part, Exact):
        return Piece(kind="time", text=moment(part.at, zone, seconds=True))
    if isinstance(part, str):
        return Piece(kind="text", text=visible(part))
    if isinstance(part, Laid):
        return Piece(kind="laid", text=inert(part.text), rows=inert(part.rows))
    if isinstance(part, Quoted | Value):
        return Piece(kind="typed", text=inert(part.text))
    kind = {Code: "code", Strong: "strong", Ticket: "link", Link: "link"}[type(part)]
    text = visible(part.text)
    return Piece(kind=kind, text=text, url=part.url if isinstance(part, Ticket | Link) else "")


_LINKED = re.compile(r"(?<=\w)(?:\.(?=[^\W\d_])|:(?=//)|@(?=\w))")


def inert(text: str) -> str:
    """Typed text of which no reader makes a link by itself: blanks without width break up what looks like one."""
    return _LINKED.sub(lambda found: f"{found[0]}\u200b", text)


def in_text(line: Line, zone: ZoneInfo) -> str:
    """A line in plain text."""
    return " ".join("".join(_part(part, zone).text for part in line).split())


def quoted(line: Line, zone: ZoneInfo) -> str:
    """Typed text as a quotation: every line of it begins with the bar, so that none looks like ours."""
    text = "".join(_part(part, zone).text for part in line)
    rows = [row for each in text.split("\n") for row in (_broken(each, WIDTH - 2) or [""])]
    return "\n".join(f"> {row}".rstrip() for row in rows)


def wrapped(text: str, indent: int = 0) -> str:
    """Break a line for readers of plain text; further lines are indented."""
    return "\n".join(
        wrap(text, WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    )


def _broken(text: str, width: int) -> Sequence[str]:
    return wrap(text, width, break_on_hyphens=False)


def _tidy(text: str) -> str:
    """At most one blank line in a row, and none at the ends."""
    rows: list[str] = []
    for row in text.split("\n"):
        if row.strip() or (rows and rows[-1]):
            rows.append(row.rstrip())
    return "\n".join(rows).strip("\n") + "\n"
