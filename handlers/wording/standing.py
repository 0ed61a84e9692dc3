"""Where a request stands, in words: never by colour or symbol alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from approvals.grants import LIVE, Kept
from approvals.refusals.reasons import Reason
from approvals.requests import Decision, Lapse, Request, unconfirmed, undecided
from approvals.reviews import TYPED_LENGTH, Typed
from handlers.wording import itself, propagation, windows
from handlers.wording.acting import by_oneself
from handlers.wording.calls import program
from handlers.wording.emergencies import broken, review_stands
from handlers.wording.gone import gone, what_became
from handlers.wording.grants import WORDS, Standing, extended, of_grant, rest
from handlers.wording.refusing.refusals import sentence, worded
from handlers.wording.targets import brought_down
from handlers.wording.text.erased import text_of
from handlers.wording.text.lines import Line, names
from handlers.wording.text.typed import clip

_TAKEN_BACK = "Revoked before it was used"


def standing(request: Request, *, kept: Sequence[Kept] = (), reader: str = "") -> Standing:
    """Say where a request and its grant stand. `kept` is what other requests keep of it when it has ended.

    `reader` is the address of the one person who reads it, empty where others do.
    """
    found = _standing(request, kept, mine=request.requester == reader)
    if request.after_review is None:
        return found
    words = f"{broken(request)}: {found.words[:1].lower()}{found.words[1:]}"
    return Standing(symbol="🚨", words=words, meaning=(*found.meaning, *review_stands(request)))


def _standing(request: Request, kept: Sequence[Kept], *, mine: bool) -> Standing:
    if request.grant is not None:
        found = of_grant(request, request.grant)
        if request.grant.state in ("activating", "active") and kept:
            return extended(found, request, request.grant, kept[-1])
        left: Line = () if request.grant.state in LIVE else rest(request, request.grant, kept)
        stops: Line = () if kept else propagation.stops(request)
        meaning: Line = (*found.meaning, *brought_down(request), *left, *stops)
        return msgspec.structs.replace(found, meaning=meaning)
    if unconfirmed(request) and undecided(request):
        return _unconfirmed(request, mine=mine)
    if request.decision is None:
        waits = itself.WAITS if itself.asks(request) else f"Nothing is {_had(request)} yet."
        return Standing(symbol="⏳", words=WORDS["pending"], meaning=(waits,))
    return _decided(request, request.decision) if request.use_by is None else _usable(request, request.use_by)


def _unconfirmed(request: Request, *, mine: bool) -> Standing:
    who, whom = ("you", "you") if mine else (request.requester, "them")
    if by_oneself(request):
        until = "you approve it yourself" if mine else "they approve it, and nobody else can"
        asks: Line = (f"Nothing is done until {until}.",)
        return Standing(symbol="✋", words=f"Waits for {who} to approve it", meaning=asks)
    confirm = "you confirm it" if mine else "they confirm it"
    meaning = (*_application(request), f" says that it is for {whom}. Nobody can decide until {confirm}.")
    return Standing(symbol="✋", words=f"Waits for {who} to confirm it", meaning=meaning)


def _usable(request: Request, until: datetime) -> Standing:
    """An action that was approved: it waits for its application, was used by it, or can be used no more."""
    if (found := windows.standing(request)) is not None:
        return found
    if request.lapsed is not None:
        return _lapsed(request, request.lapsed, until)
    if itself.asks(request):
        return _accepted(request)
    if request.used is not None:
        meaning: Line = (*_application(request), " used it ", request.used.at, ". It cannot be used again.")
        return Standing(symbol="☑️", words=WORDS["used"], meaning=meaning)
    meaning = (*_application(request), " can do it once, until ", until, *windows.held_by(request), ".")
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
    if (cause := gone(lapse.cause)) is not None:
        left = f"It was approved, and taken back: {what_became(cause, request.requester)}."
        return Standing(symbol="🛑", words=_TAKEN_BACK, meaning=(left,))
    if lapse.by:
        taken: Line = (f"It was approved, and {names((lapse.by,))} took that back ", lapse.at, ".")
        return Standing(symbol="🛑", words=_TAKEN_BACK, meaning=taken)
    if itself.asks(request):
        return Standing(symbol="⌛", words=itself.LATE, meaning=itself.NOT_PUT)
    late: Line = ("It could be used until ", until, ", and ", *_application(request), " did not use it.")
    return Standing(symbol="⌛", words="Lapsed, not used in time", meaning=late)


def _application(request: Request) -> Line:
    return (program(request.action),) if request.action is not None else ()


def _had(request: Request) -> str:
    if request.approval_only:
        return "approved"
    return "granted" if request.action is None else "allowed"


def _decided(request: Request, decision: Decision) -> Standing:
    by = names(decision.by)
    if decision.outcome == "denied":
        return Standing(symbol="⛔", words=WORDS["denied"], meaning=(f"Denied by {by} ", decision.at, "."))
    if decision.outcome == "withdrawn" and (cause := gone(decision.reason)) is not None:
        left = f"Withdrawn: {what_became(cause, 'whoever asked')}."
        return Standing(symbol="↩️", words=WORDS["withdrawn"], meaning=(left,))
    if decision.outcome == "withdrawn" and itself.asks(request):
        return Standing(symbol="↩️", words=WORDS["withdrawn"], meaning=itself.taken_back(decision.reason))
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
    shut = request.window.shut if request.window is not None else None
    if shut is not None and shut.why is not None:
        yield shut.by, shut.why
    if lapsed is not None and lapsed.why is not None:
        yield lapsed.by, lapsed.why
    if grant is not None and grant.why is not None:
        yield grant.closed_by, grant.why
    if offered is not None and offered.why is not None and undecided(request):
        yield offered.by, offered.why
    if decided is not None and decided.comment is not None:
        yield next(iter(decided.by), ""), decided.comment
