"""A shop that asks to pay money back on behalf of people, in the world of the core."""

from datetime import timedelta
from typing import Any

import msgspec

from approvals.freezes.freezing import freeze
from approvals.people.persons import OnBehalf
from approvals.policy.model import Action, Guardrail, Parameter, Policy, Requirement, Stage, Then
from approvals.policy.parties import Application, Brings, Issuer
from approvals.requests import Request
from approvals.targets import Given
from approvals.uses.errands import Errand
from approvals.uses.votes import Shown
from countersign_client.canonical import text_digest
from tests.support.builders import PERSON
from tests.support.world import ALICE, APPROVERS, BOB, World, policy

APPROVED_BY_ONE = Requirement(kind="stages", stages=(Stage(approvers=(f"group:{APPROVERS}",)),))
SHOP = Application(id="shop", title="The shop", brings=(Brings(issuer="staff", audience=("shop-web",)),))
OTHER_SHOP = Application(id="store", title="The other shop", may_assert=True)
REFUND = Action(
    id="refund",
    application="shop",
    title="Refund a payment",
    parameters=(
        Parameter(name="amount", label="Amount", type="money"),
        Parameter(name="order", label="Order", type="string"),
        Parameter(name="card", label="Card", type="secret", required=False),
    ),
    requesters=("domain:example.com",),
    requirement=APPROVED_BY_ONE,
    risk="Money leaves the account",
    pending=timedelta(hours=4),
    use_by=timedelta(minutes=10),
    metadata={"system": "payments"},
)
PAYOUT = msgspec.structs.replace(REFUND, id="payout", application="store", title="Pay somebody out")
ASSERTED = OnBehalf(principal=ALICE, proven="asserted")


def with_actions(rules: Policy | None = None, *, action: Action = REFUND, **changes: Any) -> Policy:
    """A policy in which the shop may ask for one action, and the other shop for another."""
    own = {
        "issuers": {"staff": Issuer(id="staff", issuer="https://login.example.com")},
        "applications": {each.id: each for each in (SHOP, OTHER_SHOP)},
        "actions": {each.id: each for each in (action, PAYOUT)},
    }
    return msgspec.structs.replace(rules or policy(), **(own | changes))


class Speaker(msgspec.Struct, frozen=True):
    """An application that was let in."""

    application: Application


class Till:
    """The shop's own program: asks, and does once what was approved."""

    def __init__(self, world: World, *, application: Application = SHOP) -> None:
        self.world = world
        self.speaker = Speaker(application)
        self._before = world.policy
        self._rules: dict[str, Any] = {}
        self._guardrails: tuple[Guardrail, ...] = ()
        self._put()
        self._asked = 0

    def errand(self, amount: str = "250.00 EUR", *, card: str = "No. 4111", **changes: Any) -> Errand:
        secret = text_digest("c" * 16, card)
        good = Errand(
            action="refund",
            parameters=(
                Given(name="amount", label="Amount", type="money", value=amount),
                Given(name="order", label="Order", type="string", value="A-17"),
                Given(name="card", label="Card", type="secret", value=secret, salt="c" * 16),
            ),
            key="order/A-17",
            data='{"channel":"phone"}',
        )
        return msgspec.structs.replace(good, **changes)

    def ask(
        self, errand: Errand | None = None, person: OnBehalf = PERSON, *, key: str = "", **changes: Any
    ) -> Request:
        self._asked += 1
        return self.world.uses.acting.ask(
            self.speaker,
            errand or self.errand(),
            person,
            key=key or f"call {self._asked}",
            now=self.world.clock(),
            **changes,
        )

    def approved(self) -> Request:
        """A refund that bob has approved."""
        request = self.ask()
        self.world.press(BOB, request)
        return self.world.read(request)

    def consume(
        self,
        request: Request,
        errand: Errand | None = None,
        *,
        key: str = "use 1",
        by: Application | None = None,
    ) -> Request:
        speaker = self.speaker if by is None else Speaker(by)
        return self.world.uses.acting.consume(
            speaker, request.id, errand or self.errand(), key=key, now=self.world.clock()
        )

    def judged(self, then: Then, **says: Any) -> "Till":
        """Let one guardrail, which always holds, say this from now on."""
        self._guardrails = (Guardrail(when="true", then=then, **says),)
        return self._put()

    def ruled(self, **rules: Any) -> "Till":
        """Put another policy in force."""
        self._rules = rules
        return self._put()

    def _put(self) -> "Till":
        action = msgspec.structs.replace(self._rules.get("action", REFUND), guardrails=self._guardrails)
        self.world.policy = with_actions(self._before, **(self._rules | {"action": action}))
        return self

    def frozen(self) -> "Till":
        freeze(self.world.store, by="operator", why=None, now=self.world.clock())
        self.world.freeze.epoch()
        return self

    def restored(self) -> "Till":
        """Let the store be one that was restored from a backup."""
        self.world.installation = msgspec.structs.replace(self.world.installation, generation="another")
        return self

    def later(self, seconds: float) -> "Till":
        """Let so much time go by, in which nobody looks."""
        self.world.clock.advance(seconds)
        return self

    def swept(self) -> "Till":
        self.world.pass_()
        return self

    def withdraw(self, request: Request) -> Request:
        return self.world.uses.acting.withdraw(self.speaker, request.id, now=self.world.clock())

    def confirmed_and_used(self) -> Request:
        """A refund that the shop named alice for by its own word, she confirmed and bob approved: done."""
        request = self.asserting().ask(person=ASSERTED)
        self.confirm(ALICE, request)
        self.world.press(BOB, request)
        return self.consume(request)

    def asserting(self) -> "Till":
        """The same shop, which may now name people by its own word."""
        shop = msgspec.structs.replace(SHOP, may_assert=True)
        return self.ruled(applications={"shop": shop, "store": OTHER_SHOP})

    def confirm(self, who: str, request: Request, **changes: Any) -> Request:
        shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
        return self.world.uses.confirming.confirm(
            self.world.identity(who), msgspec.structs.replace(shown, **changes), now=self.world.clock()
        )
