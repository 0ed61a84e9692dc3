"""Evaluations. Without an approval one is a question, which changes nothing and is answered by a denial: nothing
is done here that was not approved and used. With an approval one uses it, once.
"""

from typing import Any

from msgspec import UNSET

from approvals.ids import new_jti
from approvals.refusals.errors import NotFound, Refused
from approvals.requests import Request
from approvals.times import rfc3339
from approvals.uses import Uses
from handlers.applications import errands
from handlers.applications.authzen import actors, meanings
from handlers.applications.authzen.bindings import Bindings
from handlers.applications.authzen.meanings import Meant
from handlers.applications.authzen.questions import Members, Question, fault
from handlers.applications.authzen.records import (
    AccessRequest,
    Approval,
    Context,
    Decision,
    Display,
    NextAction,
)
from handlers.applications.authzen.tasks import approval_of
from handlers.applications.bodies import Consume
from handlers.applications.calls import Asked, Changing
from handlers.applications.changing import Changes
from handlers.channel import Equipment
from handlers.wire.problems import Fault
from handlers.wire.written import Reply
from handlers.wording.refusing.refusals import told

_UNFIT = (400, 422)


class Evaluating:
    """Answers evaluations."""

    def __init__(self, uses: Uses, changes: Changes, bindings: Bindings, *, equipment: Equipment) -> None:
        self._uses = uses
        self._changes = changes
        self._bindings = bindings
        self._equipment = equipment

    def ask(self, asked: Asked, found: Question) -> Reply:
        """Whether it may be asked for, and how. Raises `Fault` for what does not fit, or `Unavailable`."""
        return Reply(body=Decision(decision=False, context=self._denial(asked, found)))

    def use(self, made: Changing, found: Question) -> Reply:
        """Use the approval of `context.approval`. Raises as `ask` does, or `Conflict`."""
        request = self._approved(made, found.context["approval"])
        if request is None:
            return _over("approval_unverifiable")
        try:
            meant = self._meant(made, found)
            self._require_scope(request, found, meant)
            errand = meant.bound(errands.repeated(_again(meant), request, self._action(request)))
            decision = self._changes.used(made, request, errand, lambda used: self._used(made, used))
        except Refused as refused:
            _raise_unfit(refused)
            return self._refused(made, found, refused)
        return Reply(body=decision)

    def _refused(self, made: Changing, found: Question, refused: Refused) -> Reply:
        """Why an approval is not used. What a new request could help with has a fresh denial to answer."""
        if refused.kind in ("used", "unusable", "window"):
            return self._anew(made, found, "approval_expired", refused)
        if refused.code in ("scope", "parameters.differ"):
            return self._anew(made, found, "out_of_scope", refused)
        return _over("policy_denied", refused, then="retry" if refused.kind == "frozen" else "none")

    def _anew(self, made: Changing, found: Question, reason: str, refused: Refused) -> Reply:
        denial = self._denial(made, found)
        fresh = denial.access_request
        if fresh is UNSET:
            return _over(reason, refused)
        context = Context(
            evaluation_id=denial.evaluation_id,
            evaluated_at=denial.evaluated_at,
            reason=reason,
            reason_user={"en": told(refused)},
            next_action="request",
            access_request=fresh,
        )
        return Reply(body=Decision(decision=False, context=context))

    def _denial(self, asked: Asked, found: Question) -> Context:
        """What stands against it, or how it can be requested."""
        try:
            chain = actors.of_subject(found.subject)
            meant = self._meant(asked, found)
            self._weigh(asked, found, meant)
        except Refused as refused:
            _raise_unfit(refused)
            return _against(refused)
        name = new_jti()
        claims = self._bindings.claims(
            asked.caller.application.id, found, members=meant.members, chain=chain, name=name, now=asked.now
        )
        action = self._equipment.policy().actions[meant.body.action]
        return Context(
            evaluation_id=name,
            evaluated_at=rfc3339(asked.now),
            reason="approval_required",
            access_request=AccessRequest(
                endpoint=self._bindings.audience,
                template=meant.body.action,
                expires_at=claims.denial_expires_at,
                binding_token=self._bindings.token(claims),
                display=Display(title=action.title, description=_REQUEST),
            ),
        )

    def _weigh(self, asked: Asked, found: Question, meant: Meant) -> None:
        """Raise what a request for it would be refused for now, with a sign-in that is needed said."""
        wished = self._changes.wished(asked, meant.body)
        person = wished.brought.person
        meanings.require_about(self._equipment.policy().identity, found, person)
        try:
            errand = meant.bound(wished.errand)
            self._uses.acting.weigh(asked.caller, errand, person, reason=meant.body.reason, now=asked.now)
        except Refused as refused:
            raise self._changes.worded(refused, wished, asked) from None

    def _meant(self, asked: Asked, found: Question) -> Meant:
        return meanings.meant(self._uses.acting.actions(asked.caller), found, actors.of_subject(found.subject))

    def _approved(self, made: Changing, given: Any) -> Request | None:
        """The request of an approval as it was given out; None of any other."""
        name = given.get("id") if isinstance(given, dict) else None
        if not isinstance(name, str):
            raise fault("context.approval", "The member context.approval is the approval's object, unchanged.")
        try:
            request = self._uses.acting.look(made.caller, name.partition(".")[0])
        except NotFound:
            return None
        approval = approval_of(request)
        return request if approval is not None and _is(approval, given) else None

    def _require_scope(self, request: Request, found: Question, meant: Meant) -> None:
        """Raise `Refused` for another action, or another person, than it was approved for."""
        person = request.terms.person
        if meant.body.action != request.terms.entitlement or person is None:
            raise Fault(403, "scope", _SCOPE)
        try:
            meanings.require_about(self._equipment.policy().identity, found, person)
        except Refused:
            raise Fault(403, "scope", _SCOPE) from None

    def _action(self, request: Request) -> Any:
        return self._equipment.policy().actions.get(request.terms.entitlement)

    def _used(self, made: Changing, used: Request) -> Decision:
        """The one answer that lets it be done: the receipt is signed before any of it is kept."""
        approval = approval_of(used)
        if approval is None:
            raise ValueError("what was never approved was used")
        said = Approval(id=approval.id, approved_until=approval.approved_until)
        receipt = self._uses.receipting.used(used, now=made.now)
        return Decision(decision=True, context=Context(approval=said, receipt=receipt))


_REQUEST = "Somebody has to approve this. It can be requested until this denial is over."
_SCOPE = "This was approved for something else, or for somebody else."


def _again(meant: Meant) -> Consume:
    body = meant.body
    return Consume(
        parameters=body.parameters, key=body.key, data=body.data, tool=body.tool, arguments=body.arguments
    )


def _is(approval: Approval, given: Members) -> bool:
    """Whether it is unchanged. What is left out of it, as the draft's own example does, is not missed."""
    own = {"id": approval.id, "approved_at": approval.approved_at, "approved_until": approval.approved_until}
    return all(given.get(name, value) == value for name, value in own.items())


def _over(reason: str, refused: Refused | None = None, *, then: NextAction = "none") -> Reply:
    """A denial after which nobody asks again with this approval, but for one that passes."""
    said = UNSET if refused is None else {"en": told(refused)}
    context = Context(reason=reason, reason_user=said, next_action=then)
    return Reply(body=Decision(decision=False, context=context))


def _against(refused: Refused) -> Context:
    """A denial that nobody can request. Where the person has to sign in, it says how."""
    challenge = refused.challenge if isinstance(refused, Fault) else None
    step_up = challenge.step_up if challenge is not None else None
    return Context(
        reason=refused.code,
        reason_user={"en": told(refused)},
        acr_values=" ".join(step_up["acr"]) if step_up and step_up["acr"] else UNSET,
        step_up=step_up if step_up is not None else UNSET,
    )


def _raise_unfit(refused: Refused) -> None:
    """Raise what is no verdict: a call that does not fit, or that comes at the wrong moment."""
    if isinstance(refused, Fault) and refused.status in _UNFIT:
        raise refused
