"""What people are told whose press or command changed nothing, or undid what they had done."""

from approvals.requests import Request, lives, undecided
from approvals.reviews import Verdict
from approvals.uses.votes import Voted
from handlers.wording.acting import approved_by
from handlers.wording.actions import end
from handlers.wording.approvals import noun
from handlers.wording.standing import standing
from handlers.wording.text.lines import Line, names, plain

_DONE: dict[Verdict, str] = {
    "approve": "You approved request {} already.",
    "deny": "You denied request {} already.",
    "take_back": "You took your approval of request {} back already.",
}


def since(request: Request) -> str:
    """Say of a decided request by whom and when it was decided, how what it gave stands, and what can be done."""
    said = standing(request)
    if request.action is not None and request.decision is not None:
        return plain((*said.meaning, *approved_by(request)))
    if request.grant is None or request.decision is None:
        return f"{plain(said.meaning)} It can be asked for anew."
    decision = request.decision
    by: Line = (f"Approved by {names(decision.by) or 'the policy'} ", decision.at, f". {said.words}. ")
    if lives(request):
        return plain((*by, *said.meaning, f" The button {end(request).text} on its card does that."))
    ended: Line = (" That was ", request.grant.closed_at, ".") if request.grant.closed_at is not None else ()
    return plain((*by, *said.meaning, *ended, " It can be asked for anew."))


def repeated(reviewed: Voted, *, pressed: Verdict) -> str:
    """Say that somebody's vote stood already; to who pressed something else, what can still be done."""
    if reviewed.verdict == "take_back":
        return f"{_DONE['take_back'].format(reviewed.request.id)} While it waits you can approve it again."
    open_still = _open_still(reviewed.request) if pressed != reviewed.verdict else ""
    said = _DONE[reviewed.verdict].format(reviewed.request.id)
    now = f" {since(reviewed.request)}" if not undecided(reviewed.request) else ""
    return f"{said} That stands{open_still or '; nothing was changed'}.{now}"


def after(reviewed: Voted, *, pressed: Verdict) -> str:
    """What whoever pressed has to be told; empty where the card itself says what came of it."""
    if pressed == "take_back":
        return _taken_back(reviewed)
    return repeated(reviewed, pressed=pressed) if reviewed.repeated else ""


def _taken_back(reviewed: Voted) -> str:
    """Say that an approval was taken back, now or before."""
    if reviewed.repeated:
        return repeated(reviewed, pressed="take_back")
    return (
        f"Your approval of request {reviewed.request.id} is taken back and counts no more. "
        "While the request waits you can approve it again on its card."
    )


def _open_still(request: Request) -> str:
    if lives(request):
        return f", but the {noun(request)} can be ended"
    return ""
