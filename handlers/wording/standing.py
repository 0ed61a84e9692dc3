"""Where a request stands, in words: never by colour or symbol alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from approvals.grants import LEFT, LIVE, Grant, Kept
from approvals.reasons import Reason
from approvals.requests import Decision, Lapse, Request, unconfirmed, undecided
from approvals.reviews import TYPED_LENGTH, Typed
from handlers.wording import itself
from handlers.wording.emergencies import broken, review_stands
from handlers.wording.erased import text_of
from handlers.wording.lines import Code, Line, Part, names, span
from handlers.wording.refusals import sentence, worded
from handlers.wording.targets import brought_down
from handlers.wording.typed import clip

_MOST_KEPT = 3
"""Other requests that one message names."""

_TAKEN_BACK = "Revoked before it was used"
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
    "approved": "Approved, not used or in force yet",
    "used": "Used, or put in force",
}
"""The same where somebody chooses one, whatever it was asked for."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The state in two or three words, a symbol beside them, and what it means or what comes next."""

    symbol: str
    words: str
    meaning: Line


def standing(request: Request, *, kept: Sequence[Kept] = ()) -> Standing:
    """Say where a request and its grant stand. `kept` is what other requests keep of it when it has ended."""
    found = _standing(request, kept)
    if request.after_review is None:
        return found
    words = f"{broken(request)}: {found.words[:1].lower()}{found.words[1:]}"
    return Standing(symbol="🚨", words=words, meaning=(*found.meaning, *review_stands(request)))


def _standing(request: Request, kept: Sequence[Kept]) -> Standing:
    if request.grant is not None:
        found = _GRANTS[request.grant.state](request.grant)
        if request.grant.state in ("activating", "active") and kept:
            return _extended(found, request.grant, kept[-1])
        rest: Line = () if request.grant.state in LIVE else _rest(request.grant, kept)
        return msgspec.structs.replace(found, meaning=(*found.meaning, *brought_down(request), *rest))
    if unconfirmed(request) and undecided(request):
        return _unconfirmed(request)
    if request.decision is None:
        waits = itself.WAITS if itself.asks(request) else f"Nothing is {_had(request)} yet."
        return Standing(symbol="⏳", words=WORDS["pending"], meaning=(waits,))
    return _decided(request, request.decision) if request.use_by is None else _usable(request, request.use_by)


def _unconfirmed(request: Request) -> Standing:
    meaning = (
        *_application(request),
        " says that it is for them. Nobody can decide before they have confirmed it.",
    )
    return Standing(symbol="✋", words=f"Waits for {request.requester} to confirm it", meaning=meaning)


def _usable(request: Request, until: datetime) -> Standing:
    """An action that was approved: it waits for its application, was used by it, or can be used no more."""
    if request.lapsed is not None:
        return _lapsed(request, request.lapsed, until)
    if itself.asks(request):
        return _accepted(request)
    if request.used is not None:
        meaning: Line = (Code(request.used.by), " used it ", request.used.at, ". It cannot be used again.")
        return Standing(symbol="☑️", words=WORDS["used"], meaning=meaning)
    meaning = (*_application(request), " can do it once, until ", until, ".")
    return Standing(symbol="✅", words=WORDS["approved"], meaning=meaning)


def _accepted(request: Request) -> Standing:
    """A policy that people accepted: the service itself puts it in force."""
    if request.used is None:
        return Standing(symbol="✅", words=itself.WAITING, meaning=itself.ACCEPTED)
    return Standing(symbol="☑️", words=itself.PUT, meaning=itself.put(request.used.at))


def _lapsed(request: Request, lapse: Lapse, until: datetime) -> Standing:
    if lapse.cause == "restored":
        unknown = "It was approved before the store was restored, so nobody can tell whether it was used."
        return Standing(symbol="⌛", words=WORDS["lapsed"], meaning=(unknown,))
    if lapse.cause == LEFT:
        left = f"the account of {request.requester} is deactivated, suspended or deleted"
        return Standing(symbol="🛑", words=_TAKEN_BACK, meaning=(f"It was approved, and taken back: {left}.",))
    if lapse.by:
        taken: Line = (f"It was approved, and {names((lapse.by,))} took that back ", lapse.at, ".")
        return Standing(symbol="🛑", words=_TAKEN_BACK, meaning=taken)
    if itself.asks(request):
        return Standing(symbol="⌛", words=itself.LATE, meaning=itself.NOT_PUT)
    late: Line = ("It could be used until ", until, ", and ", *_application(request), " did not use it.")
    return Standing(symbol="⌛", words="Lapsed, not used in time", meaning=late)


def _application(request: Request) -> Line:
    return (Code(request.action.application),) if request.action is not None else ()


def _had(request: Request) -> str:
    return "granted" if request.action is None else "allowed"


def _decided(request: Request, decision: Decision) -> Standing:
    by = names(decision.by)
    if decision.outcome == "denied":
        return Standing(symbol="⛔", words=WORDS["denied"], meaning=(f"Denied by {by} ", decision.at, "."))
    if decision.outcome == "withdrawn" and decision.reason == LEFT:
        left = "Withdrawn: the account of whoever asked is deactivated, suspended or deleted."
        return Standing(symbol="↩️", words=WORDS["withdrawn"], meaning=(left,))
    if decision.outcome == "withdrawn" and itself.asks(request):
        return Standing(symbol="↩️", words=WORDS["withdrawn"], meaning=itself.TAKEN_BACK)
    if decision.outcome == "withdrawn":
        return Standing(symbol="↩️", words=WORDS["withdrawn"], meaning=(f"Withdrawn by {by} ", decision.at, "."))
    if decision.outcome == "expired":
        nothing = f" Nothing was {_had(request)}."
        return Standing(symbol="⌛", words=WORDS["expired"], meaning=(expiry(decision), nothing))
    return Standing(
        symbol="✅", words="Approved", meaning=(f"Approved by {by or 'the policy'} ", decision.at, ".")
    )


def expiry(decision: Decision) -> str:
    """Say why a request ended undecided."""
    return worded(decision.reason) if decision.reason not in ("", "time") else "Nobody decided in time."


def reason_in_words(request: Request) -> str:
    """Why the policy ended a request, for its receipt; empty where it was not the policy."""
    decision = request.decision
    return sentence(decision.reason) if decision is not None and isinstance(decision.reason, Reason) else ""


def reason_given(request: Request) -> str:
    """Why somebody denied, withdrew or ended it, or offers less, as they typed it, cleaned and cut; else empty."""
    return next((clip(text_of(request, typed), TYPED_LENGTH) for _, typed in _reasons(request)), "")


def reason_title(request: Request) -> str:
    """What stands above that reason: by whom it was given."""
    by = next((by for by, _ in _reasons(request) if by), "")
    return f"Reason given by {names((by,))}" if by else "Reason given"


def _reasons(request: Request) -> Iterator[tuple[str, Typed]]:
    """Why it stands as it does and who said so, the last word first."""
    lapsed, grant, offered, decided = request.lapsed, request.grant, request.counter, request.decision
    if lapsed is not None and lapsed.why is not None:
        yield lapsed.by, lapsed.why
    if grant is not None and grant.why is not None:
        yield grant.closed_by, grant.why
    if offered is not None and offered.why is not None and undecided(request):
        yield offered.by, offered.why
    if decided is not None and decided.comment is not None:
        yield next(iter(decided.by), ""), decided.comment


def ending(grant: Grant) -> Part:
    """Say when a grant's window ends."""
    return span(grant.window.start, grant.window.end)[1]


def _scheduled(grant: Grant) -> Standing:
    start, end = span(grant.window.start, grant.window.end)
    return Standing(
        symbol="🕒", words=WORDS["scheduled"], meaning=("Access begins ", start, " and ends ", end, ".")
    )


def _extended(found: Standing, grant: Grant, by: Kept) -> Standing:
    """The end that matters is that of what extends it."""
    meaning: Line = ("Access ends ", by.until, ": it was extended by ", Code(by.request), ".")
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
    elif grant.cause == LEFT:
        how = "Its holder's account is deactivated, suspended or deleted, so it was taken away."
    else:
        who = names((grant.closed_by,)) if grant.closed_by else "Somebody"
        ended = "ended it" if grant.begun else "cancelled it before it began"
        how = f"{who.replace('an administrator', 'An administrator', 1)} {ended}."
    return Standing(symbol="🛑", words=WORDS["revoked"], meaning=(how,))


def _failed(grant: Grant) -> Standing:
    meaning = (f"The access could not be made: {_unstopped(worded(grant.cause))}.",)
    return Standing(symbol="⚠️", words=WORDS["failed"], meaning=meaning)


def _rest(grant: Grant, kept: Sequence[Kept]) -> Line:
    """What becomes of the access: what another request keeps does not go, and the rest of it is removed."""
    named = kept[:_MOST_KEPT]
    those = "that request" if len(named) == 1 else "those requests"
    end = (f" End {those}, too, to take it away.",) if named else ()
    staying = (*(part for each in named for part in _staying(each)), *end)
    removed = () if any(each.whole for each in kept) else _removal(grant)
    return (*removed, *staying)


def _staying(kept: Kept) -> Line:
    what: Line = ("the same access",) if kept.whole else _coded(kept.roles)
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


def _removal(grant: Grant) -> Line:
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
    return (" It is being removed from Google Cloud.",)


def _unstopped(sentence: str) -> str:
    """What Google says ends where it likes; it stands inside a sentence of ours, which has the stop."""
    return sentence.rstrip(". ")


_GRANTS = {
    "scheduled": _scheduled,
    "activating": _activating,
    "active": _active,
    "ended": _ended,
    "revoked": _revoked,
    "failed": _failed,
}
