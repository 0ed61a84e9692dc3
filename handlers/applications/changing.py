"""Everything that an application's call changes: asking, withdrawing, and using what was approved."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec.structs import asdict

from approvals.answers import Answered
from approvals.ids import new_salt
from approvals.policy.model import Action
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.uses import Uses
from approvals.uses.commits import With
from approvals.uses.errands import Errand
from countersign_client.canonical import digest
from handlers.applications import errands
from handlers.applications.bodies import Ask, Consume, Nothing, Whom
from handlers.applications.calls import Asked, Changing
from handlers.applications.documents import Writer
from handlers.applications.persons import Brought, Persons
from handlers.applications.records import ActionRequest, Consumed, Filed, Person
from handlers.applications.unusable import unusable
from handlers.channel import Equipment
from handlers.identity.stepup import StepUps, challenge
from handlers.wire import once
from handlers.wire.problems import Fault
from handlers.wire.written import Reply
from handlers.wording.refusing.refusals import told

T = TypeVar("T")
Made_co = TypeVar("Made_co", covariant=True)


class Writing(Protocol[Made_co]):
    """Writes what a request has come to, which is `filed` already, or is with this answer."""

    def __call__(self, request: Request, *, filed: bool) -> Made_co: ...


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, for whom, and the digest to which a sign-in that is asked for is bound."""

    errand: Errand
    brought: Brought
    bound_to: str


class Changes:
    """Answers every call that changes something, each with what its request became."""

    def __init__(
        self, uses: Uses, persons: Persons, step_ups: StepUps, writer: Writer, equipment: Equipment
    ) -> None:
        self._uses = uses
        self._persons = persons
        self._step_ups = step_ups
        self._writer = writer
        self._equipment = equipment

    def person(self, made: Changing) -> Reply:
        """Who somebody is, for an application that has to know whose request it may show."""
        said = made.read(Whom).on_behalf_of
        found = self._persons.known(made.caller.application, said, now=made.now)
        return Reply(body=Person(principal=found.principal, proven=found.proven))

    def ask(self, made: Changing) -> Reply:
        """File a request. The key finds it for good: even when the answer is forgotten it is filed once.

        Where it joins one that another call has filed, nothing was made by this one.
        """
        body, stood = made.read(Ask), False

        def write(request: Request, *, filed: bool) -> ActionRequest:
            nonlocal stood
            stood = filed
            return self._filed(made, request, filed=filed)

        found = self.asked(made, body, self.wished(made, body), write)
        return Reply(body=found, status=200 if stood and body.join else 201)

    def wished(self, made: Asked, body: Ask) -> Wished:
        """What is asked for, and for whom. Raises `Fault`, `Refused`, or `Unavailable`."""
        errand = errands.asked(body, self._action(made, body.action), salt=lambda _: new_salt())
        bound_to = _digest(body)
        brought = self._persons.brought(made.caller.application, body.on_behalf_of, bound_to, now=made.now)
        return Wished(errand=errand, brought=brought, bound_to=bound_to)

    def asked(
        self,
        made: Changing,
        body: Ask,
        wished: Wished,
        write: Writing[T],
        *,
        spending: Sequence[With] = (),
    ) -> T:
        """File it, with what `write` makes of it as the answer, which is told whether it is kept already.

        Each of `spending` is done with it. Raises as `Acting.ask` does, with a sign-in that is needed said.
        """
        brought = wished.brought
        said = _Once[T](lambda request: write(request, filed=False))
        own = () if brought.mark is None else (self._uses.marking.spending(brought.mark),)
        beside = _all((*own, *spending, made.beside(said)))
        try:
            request = self._uses.acting.ask(
                made.caller,
                wished.errand,
                brought.person,
                key=once.filing(made.call),
                use=made.call.key if body.consume else "",
                join=body.join,
                reason=body.reason,
                now=made.now,
                beside=beside,
            )
        except Refused as refused:
            raise self.worded(refused, wished, made) from None
        return self._kept(said, request, made) or write(request, filed=True)

    def withdraw(self, made: Changing) -> Reply:
        made.read(Nothing)
        request = self._uses.acting.withdraw(
            made.caller, made.rest[0], now=made.now, beside=made.beside(self._writer.request)
        )
        return Reply(body=self._writer.request(request))

    def consume(self, made: Changing) -> Reply:
        """Use what was approved. The receipt is signed before that is kept, and kept in its answer."""
        body = made.read(Consume)
        request = self._uses.acting.look(made.caller, made.rest[0])
        action = self._equipment.policy().actions.get(request.terms.entitlement)
        errand = errands.repeated(body, request, action)
        try:
            return Reply(body=self.used(made, request, errand, lambda used: self._consumed(used, made)))
        except Refused as refused:
            raise unusable(refused) from None

    def used(self, made: Changing, request: Request, errand: Errand, write: Callable[[Request], T]) -> T:
        """Use it, with what `write` makes of it as the answer. Raises as `Acting.consume` does."""
        said = _Once[T](write)
        used = self._uses.acting.consume(
            made.caller,
            request.id,
            errand,
            key=made.call.key,
            now=made.now,
            beside=made.beside(said),
        )
        return self._kept(said, used, made) or write(used)

    def _kept(self, said: "_Once[T]", request: Request, made: Changing) -> T | None:
        """What was written of a request as it was kept; None where that was long ago, and is forgotten.

        Raises `Answered` where another instance has kept it meanwhile by this very call: there is one answer.
        """
        if said.of is request:
            return said.last
        earlier = self._uses.marking.earlier(made.call, now=made.now)
        if earlier is not None:
            raise Answered(earlier)
        return None

    def _filed(self, made: Changing, request: Request, *, filed: bool) -> ActionRequest:
        """With the receipt where this very call uses it."""
        found = self._writer.request(request)
        if request.used is None or request.used.key != made.call.key:
            return found
        receipt = self._uses.receipting.used(request, now=made.now, filed=filed)
        return Filed(**msgspec.structs.asdict(found), receipt=receipt)

    def _consumed(self, used: Request, made: Changing) -> Consumed:
        receipt = self._uses.receipting.used(used, now=made.now)
        return Consumed(request=self._writer.request(used), receipt=receipt)

    def _action(self, made: Asked, name: str) -> Action:
        found = self._equipment.policy().actions.get(name)
        if found is None or found.application != made.caller.application.id:
            raise Refused("action")
        return found

    def worded(self, refused: Refused, wished: Wished, made: Asked) -> Refused:
        """Say which sign-in is needed, and with which nonce its token serves for this call."""
        if refused.code == "token.person":
            return Fault(401, "token", told(refused))
        if refused.code != "step_up":
            return refused
        facts = refused.reason.facts
        acr, age = facts.get("acr", ()), facts.get("max_age")
        demand = self._step_ups.demand(
            made.caller.application.id,
            wished.bound_to,
            acr=acr if isinstance(acr, tuple) else (),
            max_age=age if isinstance(age, int) and age else None,
            now=made.now,
        )
        issuer = self._equipment.policy().issuers.get(wished.brought.person.issuer)
        return Fault(401, "step_up", told(refused), challenge=challenge(demand, issuer=issuer))


class _Once(Generic[T]):
    """Remembers what was written last, and of which request: it is the answer where that was kept."""

    def __init__(self, write: Callable[[Request], T]) -> None:
        self._write = write
        self.of: Request | None = None
        self.last: T | None = None

    def __call__(self, request: Request) -> T:
        self.of, self.last = request, self._write(request)
        return self.last


def _all(each: Sequence[With]) -> With:
    """One after the other."""
    return lambda change: reduce(lambda made, one: one(made), each, change)


def _digest(body: Ask) -> str:
    """What a sign-in that is asked for is bound to, whoever it is for."""
    return digest(
        {
            "action": body.action,
            "parameters": body.parameters,
            "key": body.key,
            "data": body.data,
            **({"tool": asdict(body.tool), "arguments": body.arguments} if body.tool is not None else {}),
        }
    )
