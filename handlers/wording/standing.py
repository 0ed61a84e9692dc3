"""Where a request stands, in words: never by colour or symbol alone."""

import msgspec

from approvals.grants import Grant
from approvals.requests import Decision, Request
from handlers.wording.lines import Line, Part, names, span


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The state in two or three words, a symbol beside them, and what it means or what comes next."""

    symbol: str
    words: str
    meaning: Line


def standing(request: Request) -> Standing:
    """Say where a request and its grant stand."""
    if request.grant is not None:
        return _GRANTS[request.grant.state](request.grant)
    if request.decision is None:
        return Standing(symbol="⏳", words="Waiting for approval", meaning=("Nothing is granted yet.",))
    return _decided(request.decision)


def _decided(decision: Decision) -> Standing:
    by = names(decision.by)
    if decision.outcome == "denied":
        return Standing(symbol="⛔", words="Denied", meaning=(f"Denied by {by} ", decision.at, "."))
    if decision.outcome == "withdrawn":
        return Standing(symbol="↩️", words="Withdrawn", meaning=(f"Withdrawn by {by} ", decision.at, "."))
    if decision.outcome == "expired":
        return Standing(symbol="⌛", words="Expired", meaning=(expiry(decision), " Nothing was granted."))
    return Standing(
        symbol="✅", words="Approved", meaning=(f"Approved by {by or 'the policy'} ", decision.at, ".")
    )


def expiry(decision: Decision) -> str:
    """Say why a request ended undecided."""
    return decision.reason if decision.reason not in ("", "time") else "Nobody decided in time."


def ending(grant: Grant) -> Part:
    """Say when a grant's window ends."""
    return span(grant.window.start, grant.window.end)[1]


def _activating(grant: Grant) -> Standing:
    trouble = f" So far it could not be made: {_unstopped(grant.trouble)}." if grant.trouble else ""
    meaning: Line = ("Access is being set up; it ends ", ending(grant), f".{trouble}")
    return Standing(symbol="🔧", words="Approved, being set up", meaning=meaning)


def _active(grant: Grant) -> Standing:
    return Standing(symbol="🟢", words="Access is active", meaning=("Access ends ", ending(grant), "."))


def _ended(grant: Grant) -> Standing:
    how = "Its holder ended it early." if grant.cause == "holder" else "Its time was over."
    return Standing(symbol="⚪", words="Access has ended", meaning=(how, *_removal(grant)))


def _revoked(grant: Grant) -> Standing:
    if grant.cause == "outside":
        how = "Somebody removed it in Google Cloud. It is not put back."
    else:
        how = f"{grant.closed_by or 'Somebody'} ended it."
    return Standing(symbol="🛑", words="Access was revoked", meaning=(how, *_removal(grant)))


def _failed(grant: Grant) -> Standing:
    meaning = (f"The access could not be made: {_unstopped(grant.cause)}.", *_removal(grant))
    return Standing(symbol="⚠️", words="Access failed", meaning=meaning)


def _removal(grant: Grant) -> Line:
    if grant.removed or grant.cause == "outside":
        return ()
    if grant.trouble:
        return (
            f" Its removal still meets trouble: {_unstopped(grant.trouble)}. It has no effect after ",
            ending(grant),
            ".",
        )
    return (" It is being removed from Google Cloud.",)


def _unstopped(sentence: str) -> str:
    """What Google says ends where it likes; it stands inside a sentence of ours, which has the stop."""
    return sentence.rstrip(". ")


_GRANTS = {
    "activating": _activating,
    "active": _active,
    "ended": _ended,
    "revoked": _revoked,
    "failed": _failed,
}
