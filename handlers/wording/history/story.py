"""What happened to a request, a line for each entry of its audit chain: who did what, and how that was proven."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.auditing.story import Happening
from approvals.chaining import SERVICE
from approvals.people.accounts import How, channel_of
from approvals.policy.tickets import Tickets
from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH
from approvals.targets import agent_of
from approvals.times import in_words
from handlers.wording import itself, several
from handlers.wording.acting import by_oneself, caller
from handlers.wording.calls import program, tool
from handlers.wording.emergencies import found
from handlers.wording.gone import capital, gone, what_became
from handlers.wording.history.story_of_grants import GRANTS, detail_of
from handlers.wording.lasting import begins, how_long
from handlers.wording.offers import told
from handlers.wording.text.erased import linked_text, text_of
from handlers.wording.text.lines import Code, Line, joined, names
from handlers.wording.text.typed import clip
from handlers.wording.votes import signature, signed_in


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, in words. `quote` is what somebody typed of it; most moments have none."""

    at: datetime
    sentence: Line
    quote: Line = ()


def moment(request: Request, happening: Happening, tickets: Tickets | None) -> Moment:
    """Word one entry of a request's chain. An action of a newer release is named as it is."""
    words = _WORDS.get(happening.action, _unknown)
    typed = happening.typed
    # A denial by a vote has its reason there.
    said = typed is not None and happening.action != "request.denied"
    text = clip(text_of(request, typed), TYPED_LENGTH) if said else ""
    quote = linked_text(request, text, tickets) if text else ()
    return Moment(at=happening.at, sentence=words(request, happening), quote=quote)


def _filed(request: Request, happening: Happening) -> Line:
    if itself.asks(request):
        return itself.ASKED
    if request.action is not None:
        title = request.terms.title
        if agent_of(request.action):
            called = tool(request.action)
            which: Line = (" (", *called, ")") if called else ()
            return (
                f"{capital(caller(request.action))}, asked for {title}",
                *which,
                f" on behalf of {request.requester}.",
            )
        return (*_application(request.action.application), f" asked for {title} on behalf of {request.requester}.")
    # What was accepted since is told where it happened.
    first = request.former[0].terms if request.former else request.terms
    asked: Line = (f"{happening.by} asked for ", first.title, f" for {how_long(first)}", *begins(first), ", ")
    return (*asked, *_proof(request.account, request.how), ".")


def _voted(verb: str) -> Callable[[Request, Happening], Line]:
    def said(_: Request, happening: Happening) -> Line:
        review = happening.review
        if review is None:
            return (f"{happening.by} {verb}.",)
        again = " again, in the place of an approval that counted no more" if review.renews else ""
        signed = signature(review.attestation) if review.attestation is not None else ()
        what = f"signed and {verb}" if signed else verb
        what += " several calls" if review.window else ""
        return (f"{happening.by} {what}{again}", *signed, ", ", *_proof(review.account, review.how), ".")

    return said


def _proof(ref: str, how: How) -> Line:
    """By which account somebody asked or voted, and what its channel knew of it then."""
    place = _CHANNELS.get(channel_of(ref), "by")
    return (f"{place} ", Code(ref), *_known(how), *signed_in(how))


_CHANNELS = {
    "slack": "in Slack as the account",
    # On a page or by a program: the assertion does not tell them apart.
    "iap": "signed in through Identity-Aware Proxy as",
}


def _known(how: How) -> Line:
    said: list[Line] = []
    if how.organisation:
        said.append((f"an account of {how.organisation}",))
    if how.provider:
        tenant = f" in the tenant {how.tenant}" if how.tenant else ""
        said.append((f"vouched for by {how.provider}{tenant}",))
    said += [("with the access level ", Code(level)) for level in how.levels]
    said += [(f"with {name} ", Code(", ".join(values))) for name, values in how.attributes.items()]
    if how.amr:
        said.append((f"by {', '.join(how.amr)}",))
    if how.read_at is not None:
        said.append(("proven ", how.read_at))
    return (", ", *joined(said, ", ")) if said else ()


_ALONE = {
    "allow": "A guardrail of the policy allowed it, and nobody was asked",
    "break_glass": "The glass was broken: nobody was asked, and it has to be reviewed afterwards",
    "window": "It is one of several calls that were approved at once",
}


def _approved(request: Request, happening: Happening) -> Line:
    by = tuple(happening.detail.get("by", ()))
    alone = _ALONE.get(happening.detail.get("kind", ""), "The policy approved, which asks nobody else")
    enough = f"Enough people approved: {names(by)}" if len(by) > 1 else f"The approval of {names(by)} was enough"
    who = enough if by else alone
    if itself.asks(request):
        return (f"{who}. {itself.NEXT}",)
    if "use_by" in happening.detail:
        more = several.opened(happening.detail)
        return (f"{who}. It can be used once, until ", _time(happening.detail, "use_by"), ".", *more)
    start, end = (_time(happening.detail, name) for name in ("start", "end"))
    what = "It stands" if request.approval_only else "The access is"
    return (f"{who}. {what} from ", start, " to ", end, ".")


def _time(detail: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(detail[name])


def _erased(_: Request, happening: Happening) -> Line:
    kept = in_words(timedelta(seconds=happening.detail.get("retention", 0)))
    return (f"What was typed was erased: the policy has it kept for {kept} once all is over.",)


def _denied(_: Request, happening: Happening) -> Line:
    return (f"Denied by {names((happening.by,))}.",)


def _withdrawn(request: Request, happening: Happening) -> Line:
    if itself.asks(request):
        return itself.taken_back(detail_of(happening, "reason"))
    if request.action is not None and happening.by != request.requester:
        return ("Withdrawn by ", *_application(request.action.application, lower=True), ".")
    if (cause := gone(detail_of(happening, "reason"))) is not None:
        return (f"Withdrawn: {what_became(cause, 'whoever asked')}.",)
    return (f"Withdrawn by {names((happening.by,))}.",)


def _expired(request: Request, happening: Happening) -> Line:
    why = detail_of(happening, "reason")
    nothing = "" if request.approval_only else " Nothing was granted."
    return (f"Expired: {why}{nothing}",) if why != "time" else ("Expired: nobody decided in time.",)


def _application(name: str, *, lower: bool = False) -> Line:
    return ("the application " if lower else "The application ", Code(name))


def _confirmed(request: Request, happening: Happening) -> Line:
    found = request.confirmed
    proof = (", ", *_proof(found.account, found.how)) if found is not None else ()
    what = (
        "approved it by a press of their own"
        if by_oneself(request)
        else "confirmed that it is asked for on their behalf"
    )
    more = ", for several calls" if found is not None and found.window else ""
    return (f"{happening.by} {what}{more}", *proof, ".")


def _reviewed(request: Request, happening: Happening) -> Line:
    finding = request.after_review.finding if request.after_review is not None else None
    proof = (", ", *_proof(finding.account, finding.how)) if finding is not None else ()
    return (
        f"{happening.by} reviewed the emergency: {found(justified=happening.detail['justified'])}",
        *proof,
        ".",
    )


def _countered(request: Request, happening: Happening) -> Line:
    lasts = in_words(timedelta(seconds=happening.detail["duration"]))
    less = told(request, happening.detail["digest"]) or (lasts,)
    return (f"{happening.by} offered less: ", *less, f", as revision {happening.detail['revision']}.")


def _accepted(_: Request, happening: Happening) -> Line:
    return (f"{happening.by} accepted revision {happening.detail['revision']}. Votes from before count no more.",)


def _used(request: Request, _: Happening) -> Line:
    if itself.asks(request):
        return itself.USED
    action = request.action
    who: Line = _application(action.application) if action is not None else ("Its application",)
    if action is not None and agent_of(action):
        who = (program(action),)
    return (*who, " used the approval.")


def _lapsed(request: Request, happening: Happening) -> Line:
    if happening.detail.get("cause") == "time":
        return ("The approval lapsed: nobody used it in time.",)
    if happening.detail.get("cause") == "restored":
        return ("The approval lapsed: the store was restored, so nobody can tell whether it was used.",)
    if (cause := gone(happening.detail.get("cause"))) is not None:
        return (f"{capital(what_became(cause, request.requester))}, so the approval was taken back.",)
    return (f"{names((happening.by,))} took the approval back before it was used.",)


def _unknown(_: Request, happening: Happening) -> Line:
    by = f" by {names((happening.by,))}" if happening.by != SERVICE else ""
    return (Code(happening.action), f"{by}.")


_WORDS: Mapping[str, Callable[[Request, Happening], Line]] = {
    "request.filed": _filed,
    "review.approve": _voted("approved"),
    "review.deny": _voted("denied it"),
    "review.take_back": _voted("took the approval back"),
    "request.approved": _approved,
    "request.denied": _denied,
    "request.withdrawn": _withdrawn,
    "request.expired": _expired,
    "request.confirmed": _confirmed,
    "request.reviewed": _reviewed,
    "request.countered": _countered,
    "request.accepted": _accepted,
    "request.used": _used,
    "request.lapsed": _lapsed,
    "window.taken": several.taken,
    "window.shut": several.ended,
    "request.erased": _erased,
    **GRANTS,
}
