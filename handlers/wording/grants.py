"""How what was approved stands, in words: access that is made, and an approval alone."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from approvals.grants import Grant, GrantState, Kept
from approvals.refusals.reasons import Reason
from approvals.requests import Request
from approvals.targets import joined_group
from handlers.wording import approvals
from handlers.wording.gone import capital, gone, what_became
from handlers.wording.refusing.refusals import worded
from handlers.wording.text.lines import Code, Line, Part, names, span

_MOST_KEPT = 3
"""Other requests that one message names."""

WITHHELD = "When it was to begin, the policy did not give it"

WORDS = {
    "pending": "Waiting for approval",
    "scheduled": "Approved, begins later",
    "activating": "Approved, being set up",
    "active": "Access is active",
    "ended": "Access has ended",
    "revoked": "Access was revoked",
    "failed": "Access failed",
    "denied": "Denied",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
    "approved": "Approved, not used yet",
    "used": "Used",
    "lapsed": "Lapsed or revoked, not used",
}
"""The state of a request's access, or of the request where it has none, in words."""

CHOICES = WORDS | {
    "active": "Active",
    "ended": "Ended",
    "revoked": "Revoked",
    "failed": "Failed",
    "approved": "Approved, not used or in force yet",
    "used": "Used, or put in force",
}
"""The same where somebody chooses one, whatever it was asked for: access, an approval alone, or an action."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The state in two or three words, a symbol beside them, and what it means or what comes next."""

    symbol: str
    words: str
    meaning: Line


def ending(grant: Grant) -> Part:
    """Say when a grant's window ends."""
    return span(grant.window.start, grant.window.end)[1]


def _scheduled(grant: Grant) -> Standing:
    start, end = span(grant.window.start, grant.window.end)
    return Standing(
        symbol="🕒", words=WORDS["scheduled"], meaning=("Access begins ", start, " and ends ", end, ".")
    )


def extended(found: Standing, request: Request, grant: Grant, by: Kept) -> Standing:
    """The end that matters is that of what extends it."""
    what = "The approval" if request.approval_only else "Access"
    meaning: Line = (f"{what} ends ", by.until, ": it was extended by ", Code(by.request), ".")
    if grant.trouble:
        meaning = (*meaning, f" So far it could not be made: {_unstopped(worded(grant.trouble))}.")
    return msgspec.structs.replace(found, meaning=meaning)


def _activating(grant: Grant) -> Standing:
    trouble = f" So far it could not be made: {_unstopped(worded(grant.trouble))}." if grant.trouble else ""
    meaning: Line = ("Access ends ", ending(grant), f".{trouble}")
    return Standing(symbol="🔧", words=WORDS["activating"], meaning=meaning)


def _active(grant: Grant) -> Standing:
    return Standing(symbol="🟢", words=WORDS["active"], meaning=("Access ends ", ending(grant), "."))


def _ended(grant: Grant) -> Standing:
    if not grant.begun:
        return Standing(symbol="⚪", words="Cancelled before it began", meaning=("Its holder cancelled it.",))
    how = "Its holder ended it early." if grant.cause == "holder" else "Its time was over."
    return Standing(symbol="⚪", words=WORDS["ended"], meaning=(how,))


def _revoked(grant: Grant) -> Standing:
    if isinstance(grant.cause, Reason):
        how = f"{WITHHELD}: {worded(grant.cause)}"
    elif grant.cause == "outside":
        how = "Somebody removed it in Google Cloud. It is not put back."
    elif (cause := gone(grant.cause)) is not None:
        how = f"{capital(what_became(cause, 'its holder'))}, so it was taken away."
    else:
        who = names((grant.closed_by,)) if grant.closed_by else "Somebody"
        ended = "ended it" if grant.begun else "cancelled it before it began"
        how = f"{who.replace('an administrator', 'An administrator', 1)} {ended}."
    return Standing(symbol="🛑", words=WORDS["revoked"], meaning=(how,))


def _failed(grant: Grant) -> Standing:
    meaning = (f"The access could not be made: {_unstopped(worded(grant.cause))}.",)
    return Standing(symbol="⚠️", words=WORDS["failed"], meaning=meaning)


def rest(request: Request, grant: Grant, kept: Sequence[Kept]) -> Line:
    """What becomes of the access: what another request keeps does not go, and the rest of it is removed."""
    named = kept[:_MOST_KEPT]
    those = "that request" if len(named) == 1 else "those requests"
    end = (f" End {those}, too, to take it away.",) if named else ()
    same = f"the same {approvals.noun(request)}"
    staying = (*(part for each in named for part in _staying(each, same)), *end)
    removed = () if any(each.whole for each in kept) else _removal(grant, request)
    return (*removed, *staying)


def _staying(kept: Kept, same: str) -> Line:
    what: Line = (same,) if kept.whole else _coded(kept.roles)
    return (
        " Request ",
        Code(kept.request),
        " gives ",
        *what,
        " as well, so that stays until ",
        kept.until,
        ".",
    )


def _coded(roles: Sequence[str]) -> Line:
    return tuple(part for role in roles for part in (", ", Code(role)))[1:]


def _removal(grant: Grant, request: Request) -> Line:
    # What was never made is not removed either: whatever a late write may leave is taken out all the same.
    never = grant.state == "failed" or not grant.begun or isinstance(grant.cause, Reason)
    if grant.removed or grant.cause == "outside" or (never and not grant.trouble):
        return ()
    if grant.trouble:
        return (
            f" Its removal still meets trouble: {_unstopped(worded(grant.trouble))}. It has no effect after ",
            ending(grant),
            ".",
        )
    joined = joined_group(request.terms.targets) is not None
    return (f" It is being removed from {'the group' if joined else 'Google Cloud'}.",)


def _unstopped(sentence: str) -> str:
    """What Google says ends where it likes; it stands inside a sentence of ours, which has the stop."""
    return sentence.rstrip(". ")


_GRANTS: Mapping[GrantState, Callable[[Grant], Standing]] = {
    "scheduled": _scheduled,
    "activating": _activating,
    "active": _active,
    "ended": _ended,
    "revoked": _revoked,
    "failed": _failed,
}


def _approval_scheduled(grant: Grant) -> Standing:
    start, end = span(grant.window.start, grant.window.end)
    meaning = approvals.scheduled((start,), (end,))
    return Standing(symbol="🕒", words=approvals.STANDS["scheduled"], meaning=meaning)


def _approval_active(grant: Grant) -> Standing:
    return Standing(symbol="🟢", words=approvals.STANDS["active"], meaning=approvals.active((ending(grant),)))


def _approval_failed(_: Grant) -> Standing:
    return Standing(symbol="⚠️", words=approvals.STANDS["failed"], meaning=(approvals.LATE,))


def _closed(of: Callable[[Grant], Standing]) -> Callable[[Grant], Standing]:
    """The same meaning under the words of an approval alone."""

    def said(grant: Grant) -> Standing:
        found = of(grant)
        kept = found.words not in (WORDS["ended"], WORDS["revoked"])
        return found if kept else msgspec.structs.replace(found, words=approvals.STANDS[grant.state])

    return said


_APPROVALS: Mapping[GrantState, Callable[[Grant], Standing]] = {
    "scheduled": _approval_scheduled,
    "active": _approval_active,
    "ended": _closed(_ended),
    "revoked": _closed(_revoked),
    "failed": _approval_failed,
}


def of_grant(request: Request, grant: Grant) -> Standing:
    """Say where one stands, whatever else of the same request does."""
    table = _APPROVALS if request.approval_only else {}
    return table.get(grant.state, _GRANTS[grant.state])(grant)
