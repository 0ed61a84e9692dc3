"""Several calls of a tool by one approval, in words: what is offered, what was approved, what is left."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from approvals.auditing.story import Happening
from approvals.counted import Counted, Shut
from approvals.policy.model import Action
from approvals.policy.tools import CallWindow
from approvals.refusals import codes
from approvals.requests import Request, confirmed_one, unshut
from approvals.times import in_words
from handlers.wording.gone import capital, gone, what_became
from handlers.wording.text.amounts import many
from handlers.wording.text.lines import Code, Line, names

Choice = Literal["either", "one", "several"]
"""What whoever approves is told of: both choices, or the one for which what they look at is."""

REFUSED: Mapping[codes.Code, str] = {
    "confirmed.one": "Your word stands, and is for this one call. It cannot be made to be for several: withdraw"
    " the request, or revoke its approval, and choose when the agent asks again.",
    "confirmed.several": "Your word stands, and is for several calls. It cannot be made to be for this one alone:"
    " withdraw the request, or revoke its approval, and choose when the agent asks again.",
    "reviewed.one": "Your approval stands, and is for this one call. Take it back first: then you can approve"
    " several calls.",
    "reviewed.several": "Your approval stands, and is for several calls. Take it back first: then you can approve"
    " this one call alone.",
    "window.confirmed": "Several calls cannot be approved here: whom the agent names has confirmed this one call"
    " alone. Approve this one call.",
    "window.none": "Several calls at once are not offered here: approve this one call.",
    "window.over": "The approval of several calls is over, or used up. Ask again: people are asked anew.",
}
"""What people are told who are refused something about it, by code."""


def offered(request: Request) -> str:
    """What whoever approves may approve in the place of the one call; empty where none is, or in vain."""
    found = _offer(request)
    return f"{many(found.uses, 'call')} in {in_words(found.lasts)}" if found is not None else ""


def _offer(request: Request) -> CallWindow | None:
    """None too where whom the agent named has confirmed one call: everybody has to choose several."""
    return None if confirmed_one(request) else request.terms.window


def confirmed(request: Request) -> Line:
    """What whom the agent named has confirmed: it, or which choice where there is one."""
    found = request.confirmed
    if found is None:
        return ()
    lead = (request.requester, " confirmed ")
    if request.terms.window is None:
        return (*lead, "it ", found.at, ".")
    if found.window:
        return (*lead, f"it for {many(request.terms.window.uses, 'call')} ", found.at, ".")
    return (*lead, "this one call ", found.at, ": several cannot be approved with it.")


def explained(action: Action) -> tuple[str, ...]:
    """What the policy says of it, where whoever approves one call may approve several."""
    found = action.window
    if found is None:
        return ()
    calls = f"{many(found.uses, 'call')} of the same tool with any arguments, for the same person"
    return (f"Whoever approves a call may approve {calls}, within {in_words(found.lasts)}.",)


def so_many(window: Counted) -> str:
    """How many are taken of how many."""
    return f"{window.taken} of {many(window.uses, 'call')} with any arguments"


def notes(request: Request) -> tuple[Line, ...]:
    """What is to be known of a call besides, where it was taken from a window or opened one that is over."""
    return tuple(filter(None, (taken_from(request), over(request))))


def taken_from(request: Request) -> Line:
    """By which approval of several calls this one was let through; empty where it was by its own."""
    within = request.terms.within
    if within is None:
        return ()
    lead = f"Nobody was asked: it is call {within.number} of those approved with "
    return (lead, Code(within.request), ".")


def named(request: Request) -> Line:
    """What whom an agent named has said, of a call that was taken; empty where nobody was asked so."""
    within = request.terms.within
    if within is None:
        return ()
    return (request.requester, " said so for several calls at once, with ", Code(within.request), ".")


def over(request: Request) -> Line:
    """That an approval of several calls is over, and why; empty where it is not, or none was."""
    window = request.window
    if window is None or unshut(request):
        return ()
    if window.shut is not None and window.shut.cause == "time" and window.taken >= window.uses:
        return (f"Approved for several calls: all {window.uses} were taken.",)
    why: Line = _why(request, window.shut) if window.shut is not None else ("That is over with its approval.",)
    were = "was" if window.taken == 1 else "were"
    return (f"Approved for several calls, {so_many(window)} {were} taken. ", *why)


def _why(request: Request, shut: Shut) -> Line:
    if shut.by:
        return (f"{names((shut.by,))} ended that ", shut.at, ".")
    if shut.cause == "restored":
        return ("That ended because the store was restored.",)
    if (cause := gone(shut.cause)) is not None:
        return (f"That ended: {what_became(cause, request.requester)}.",)
    return ("Its time is over.",)


def press(request: Request, *, signs: bool) -> str:
    """What is pressed to approve several calls; empty where none are offered."""
    calls = offered(request)
    return f"{'Sign for' if signs else 'Approve'} {calls}" if calls else ""


def effect(request: Request, *, signs: bool) -> str:
    """What choosing several calls comes to, behind what an approval of one does; empty where there is none."""
    found = _offer(request)
    return f" {press(request, signs=signs)} lets it make {_any(found)}: {_ALL}" if found is not None else ""


def effect_of_all(request: Request, *, signs: bool) -> str:
    """The same to whoever has chosen several; empty where they are not offered."""
    found = _offer(request)
    if found is None:
        return ""
    within = f"within {in_words(found.lasts)}"
    return f"{'Signing for' if signs else 'Approving'} all lets the agent make {_any(found)}, {within}: {_ALL}"


def wanted(request: Request, word: str) -> str:
    """What whom the agent names is to want where they choose several calls; empty where none are offered."""
    found = _offer(request)
    if found is None:
        return ""
    return f"{word} them only if you want the agent to make {_any(found)}, within {in_words(found.lasts)}."


_ALL = "only if everybody whose approval counts chooses that."


def _any(offer: CallWindow) -> str:
    return f"{many(offer.uses, 'call')} of this tool with any arguments, this one among them"


def revoked(request: Request) -> str:
    """What taking back its approval ends, where that is for several calls; empty elsewhere."""
    window = request.window
    if window is None or not unshut(request):
        return ""
    taken = f"{window.taken} of which {'is' if window.taken == 1 else 'are'} taken"
    none = "none can be taken any more, and what was taken and not made cannot be made"
    return f"This ends all {window.uses} calls, {taken}: {none}. The agent has to ask again."


def opened(detail: Mapping[str, Any]) -> Line:
    """What the story says of an approval of several calls beside the first."""
    window = detail.get("window")
    if window is None:
        return ()
    return (
        f" It covers {many(window['uses'], 'call')} in all, until ",
        datetime.fromisoformat(window["until"]),
        ".",
    )


def taken(_: Request, happening: Happening) -> Line:
    """The line of the story for one call."""
    return (f"Call {happening.detail['number']} of it was taken, as ", Code(happening.detail["request"]), ".")


def ended(request: Request, happening: Happening) -> Line:
    """The line of the story for the end of it."""
    cause = happening.detail.get("cause")
    if cause == "time":
        return ("The time for several calls was over.",)
    if cause == "restored":
        return ("No more calls can be taken or made: the store was restored.",)
    if (found := gone(cause)) is not None:
        return (f"{capital(what_became(found, request.requester))}, so that no more calls can be taken or made.",)
    return (f"{names((happening.by,))} ended it, so that no more calls can be taken or made.",)
