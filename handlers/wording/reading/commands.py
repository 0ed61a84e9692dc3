"""The words of a command, read without asking anybody: pure text in, a record out."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import msgspec

from approvals.nearest import nearest
from approvals.policy.words import no_duration
from approvals.times import DurationError, parse_duration
from countersign_client.patterns import Pattern
from handlers.wording.refusing.refusals import Said
from handlers.wording.text.plain import cut, plainly, unquoted
from handlers.wording.text.typed import clean, clip

_BECAUSE = Pattern(r"(?:^|\s)because(?:\s+|:\s*|$)", re.IGNORECASE)
_FOR = Pattern(r"(?:^|\s)for\s+", re.IGNORECASE)
_BY = Pattern(r"^(?:for|by)\s+", re.IGNORECASE)
_MOMENT = (
    r"(?=\d|now\b|in\s|at\s|next\s|today\b|tomorrow\b"
    r"|(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?\s+\d)"
)
_NEXT = Pattern(r"\s(?:for|on|from|starting|until|till)\s", re.IGNORECASE)
_ON = Pattern(r"(?:^|\s)on\s+", re.IGNORECASE)
_ID = Pattern(r"r-[0-9a-hjkmnp-tv-z]{10}")
_TO = frozenset({"to", "with"})
_LINKING = _TO | {"until", "till", "and"}
_BLANK = re.compile(r"\s+")
LONGEST = 8000
"""A command in characters. Nobody is known yet when a command is read."""


class Form(msgspec.Struct, frozen=True):
    """Nothing more was typed: open the form."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`request WHAT on WHERE for HOW LONG from WHEN because WHY`; parts that were not typed are empty.

    `duration` may be an end as well, such as `until 17:00`.
    `emergency`: it began with `break-glass`, and what is meant is no other access.
    """

    what: str = ""
    where: str = ""
    duration: str = ""
    start: str = ""
    justification: str = ""
    emergency: bool = False


class Bare(msgspec.Struct, frozen=True, kw_only=True):
    """A line that begins with no order: a request without its verb, or a word that was mistyped.

    `ask` is the whole line read as a request, `meant` the order that the first word is much like (or empty), and
    `rest` what follows that word, read as a request.
    """

    word: str
    ask: Ask
    meant: str
    rest: Ask


class Mine(msgspec.Struct, frozen=True):
    """`mine`"""


class Pending(msgspec.Struct, frozen=True):
    """`pending`"""


class End(msgspec.Struct, frozen=True):
    """`end ID because WHY`"""

    request: str
    why: str = ""


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """`extend ID TIME because WHY`; parts that were not typed are empty."""

    request: str
    duration: str = ""
    justification: str = ""


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """`away until WHEN to ADDRESS`; without anything: how it is. Parts that were not typed are empty.

    `delegate` is what was typed for one: an address, or a name or mention that is none.
    """

    until: str = ""
    delegate: str = ""


class Back(msgspec.Struct, frozen=True):
    """`back`"""


class Withdraw(msgspec.Struct, frozen=True):
    """`withdraw ID`"""

    request: str


class Unvote(msgspec.Struct, frozen=True):
    """`unvote ID`"""

    request: str


class Why(msgspec.Struct, frozen=True):
    """`why WHAT on WHERE`; empty when nothing was typed."""

    what: str = ""
    where: str = ""


class Help(msgspec.Struct, frozen=True):
    """`help`, or what cannot be read: `problem` says why, and `unknown` is an order that there is not.

    `meant` is one that there is, and much like it. `nameless` is an order that lacks the id of a request.
    """

    problem: str = ""
    unknown: str = ""
    meant: str = ""
    nameless: str = ""


Order = Form | Ask | Bare | Mine | Pending | End | Extend | Away | Back | Withdraw | Unvote | Why | Help


def parse(text: str) -> Order:
    """Read what follows the command's name, as it was typed."""
    if len(text) > LONGEST:
        return Help(f"That is too long: write at most {LONGEST:,} characters, or use the form.")
    verb, *rest = _BLANK.split(clean(text), maxsplit=1)
    if not verb:
        return Form()
    read = _VERBS.get(plainly(verb).lower())
    return read("".join(rest)) if read else _bare(verb, "".join(rest))


def duration_of(words: str) -> timedelta | None:
    """Read a typed duration; None when nothing was typed. Raises `Refused` of kind `duration`."""
    try:
        return parse_duration(words) if words.strip() else None
    except DurationError as error:
        raise Said("duration", f"{no_duration(error)}.") from error


def _request_id(order: str, rest: str) -> str | Help:
    request = plainly(unquoted(rest)).lower()
    if _ID.fullmatch(request):
        return request
    wrong = f"“{clip(request, 40)}” is no request's id. " if request else ""
    return Help(wrong, nameless=order)


def _end(rest: str) -> Order:
    named, why = cut(rest, _BECAUSE, last=False)
    request = _request_id("end", named)
    return request if isinstance(request, Help) else End(request, unquoted(why))


def _withdraw(rest: str) -> Order:
    request = _request_id("withdraw", rest)
    return request if isinstance(request, Help) else Withdraw(request)


def _unvote(rest: str) -> Order:
    request = _request_id("unvote", rest)
    return request if isinstance(request, Help) else Unvote(request)


def _why(rest: str) -> Order:
    what, where = cut(plainly(rest), _ON, last=True)
    return Why(unquoted(what), unquoted(where))


def _extend(rest: str) -> Order:
    head, why = cut(rest, _BECAUSE, last=False)
    named, _, duration = plainly(unquoted(head)).partition(" ")
    request = _request_id("extend", named)
    if isinstance(request, Help):
        return request
    time = _BY.sub("", duration)
    return Extend(request=request, duration=unquoted(time), justification=unquoted(why))


def _away(rest: str) -> Order:
    words = [unquoted(word).strip(",;") for word in plainly(rest).split()]
    # Slack may write an address as <mailto:ADDRESS|ADDRESS>.
    addresses = [word.strip("<>").removeprefix("mailto:").partition("|")[0] for word in words if "@" in word]
    said = [word for word in words if "@" not in word]
    if not addresses:
        named = next((at for at, word in enumerate(said) if word.lower() in _TO and at + 1 < len(said)), len(said))
        said, addresses = said[:named], [word for word in said[named + 1 :] if word.lower() not in _LINKING]
    until = [word for word in said if word.lower() not in _LINKING]
    return Away(until=" ".join(until), delegate=" ".join(addresses))


def _bare(word: str, rest: str) -> Bare:
    meant = nearest(word.lower(), _VERBS) or ""
    return Bare(word=clip(word, 40), ask=_ask(f"{word} {rest}"), meant=meant, rest=_ask(rest))


def _request(rest: str) -> Order:
    return _ask(rest) if rest else Form()


def _break_glass(rest: str) -> Order:
    return msgspec.structs.replace(_ask(rest), emergency=True)


def _ask(rest: str) -> Ask:
    head, justification = cut(rest, _BECAUSE, last=False)
    head, start = _moment(plainly(head), "from|starting")
    head, until = _moment(head, "until|till")
    head, duration = cut(head, _FOR, last=True)
    what, where = cut(head, _ON, last=True)
    if not where:
        duration, where = cut(duration, _ON, last=True)
    return Ask(
        what=unquoted(what),
        where=unquoted(where),
        duration=" ".join(filter(None, (unquoted(duration), until and f"until {until}"))),
        start=start,
        justification=unquoted(justification),
    )


def _moment(text: str, words: str) -> tuple[str, str]:
    """A text without the moment that one of the words leads to, and that moment; empty where there is none."""
    before, rest = cut(text, _leading(words), last=True)
    end = _NEXT.search(rest)
    if end is None:
        return before, unquoted(rest)
    return f"{before}{rest[end.start() :]}", unquoted(rest[: end.start()])


@cache
def _leading(words: str) -> Pattern:
    """What begins like a moment and nothing else, for titles have these words as well."""
    return Pattern(rf"(?:^|\s)(?:{words})\s+{_MOMENT}", re.IGNORECASE)


_VERBS: dict[str, Callable[[str], Order]] = {
    "request": _request,
    "break-glass": _break_glass,
    "mine": lambda _: Mine(),
    "pending": lambda _: Pending(),
    "end": _end,
    "withdraw": _withdraw,
    "unvote": _unvote,
    "why": _why,
    "extend": _extend,
    "away": _away,
    "back": lambda _: Back(),
    "help": lambda _: Help(),
}
