"""Several calls of one tool by one approval: what may be taken from a window, and what may not."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.freezes import freezing, parting
from approvals.parts import Part
from approvals.policy.model import Action, Guardrail, Requirement, Stage
from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Refused
from approvals.uses.votes import Press, Shown
from countersign_client.keys import Keys, read_keys
from tests.handlers.applications.test_tool_calls import tool
from tests.support.agents import DELETE, Assistant
from tests.support.builders import NOW
from tests.support.direct import Wire
from tests.support.pages import Visitors
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World

LASTS = timedelta(minutes=30)
SEVERAL = msgspec.structs.replace(DELETE, window=CallWindow(lasts=LASTS, uses=3))
OWN = msgspec.structs.replace(SEVERAL, requirement=Requirement(kind="self"))
NAMED = {"asserted": {"email": ALICE}}
STAGE = Stage(approvers=(f"group:{APPROVERS}",))


class Signing(Assistant):
    """The runtime at doors that sign receipts."""

    def __init__(self, world: World, keys: Path, **changes: Any) -> None:
        create_keys(keys, now=NOW, purpose=RECEIPTS)
        self.signer = FileSigner(keys, issuer=lambda: "countersign:test", purpose=RECEIPTS)
        world.uses = world.core(receipts=self.signer).uses
        super().__init__(world, **changes)

    @property
    def keys(self) -> Keys:
        return read_keys(msgspec.json.encode(self.signer.keys()))


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Signing]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Signing(world, tmp_path / "receipts.json", action=SEVERAL, may_assert=True)) as made,
    ):
        yield made
        assert list(Inspection(world.store).faults()) == []


def approves(assistant: Assistant, request_id: str, *, several: bool = True, by: str = BOB, **typed: str) -> None:
    world = assistant.world
    token = world.tokens.mint(assistant.read(request_id), act="review", now=world.clock())
    press = Press(token=token, verdict="approve", window=several, **typed)
    world.uses.deciding.review(world.identity(by), press, now=world.clock())


def confirms(assistant: Assistant, request_id: str, *, several: bool = True) -> None:
    request, world = assistant.read(request_id), assistant.world
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    world.uses.confirming.confirm(world.identity(ALICE), shown, window=several, now=world.clock())


def opened(assistant: Assistant) -> str:
    request_id = str(assistant.asks().json["id"])
    approves(assistant, request_id)
    return request_id


def other(assistant: Assistant, number: int = 1, **changes: Any) -> dict[str, Any]:
    """What a call with other arguments is answered."""
    found: dict[str, Any] = assistant.asks(arguments={"account": f"B-{number}"}, **changes).json
    return found


def left(assistant: Assistant, request_id: str) -> Any:
    return assistant.get(f"/v1/requests/{request_id}").json["window"]


# --- what is refused


def test_an_approval_of_one_call_is_for_that_alone(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    approves(assistant, request_id, several=False)

    assert (left(assistant, request_id), other(assistant)["state"]) == (None, "pending")


@pytest.mark.parametrize(
    "changes",
    [
        {"tool": tool(definition=f"sha256:{'e' * 64}")},
        {"tool": tool(name="delete_contact")},
        {"who": BOB},
        {"on_behalf_of": NAMED, "arguments": {"account": "B-1"}},
    ],
)
def test_another_tool_definition_or_person_or_weaker_proof_asks_anew(
    assistant: Assistant, changes: dict[str, Any]
) -> None:
    first = opened(assistant)

    assert assistant.asks(**changes).json["state"] == "pending"
    assert left(assistant, first)["left"] == 2


def test_several_calls_cannot_be_chosen_where_the_policy_offers_none(assistant: Assistant) -> None:
    assistant.put(DELETE)
    request_id = assistant.asks().json["id"]

    with pytest.raises(Refused) as refused:
        approves(assistant, request_id)

    assert refused.value.code == "window.none"
    assert assistant.read(request_id).reviews == ()


def test_what_the_policy_offers_no_more_cannot_be_chosen(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    assistant.put(DELETE, may_assert=True)

    with pytest.raises(Refused) as refused:
        approves(assistant, request_id)

    assert refused.value.code == "window.none"


def test_all_whose_approval_counts_choose_it_or_it_is_for_one_call(assistant: Assistant) -> None:
    two = Requirement(kind="stages", stages=(msgspec.structs.replace(STAGE, needed=2),))
    assistant.put(msgspec.structs.replace(SEVERAL, requirement=two))
    request_id = assistant.asks().json["id"]
    approves(assistant, request_id)
    approves(assistant, request_id, several=False, by=CAROL)

    assert assistant.read(request_id).state == "approved"
    assert (left(assistant, request_id), other(assistant)["state"]) == (None, "pending")


@pytest.mark.parametrize(("several", "code"), [(True, "confirmed.several"), (False, "confirmed.one")])
@pytest.mark.parametrize("action", [SEVERAL, OWN])
def test_a_second_press_makes_ones_own_word_neither_less_nor_more_and_says_so(
    assistant: Assistant, action: Action, code: str, *, several: bool
) -> None:
    assistant.put(action, may_assert=True)
    request_id = assistant.asks(on_behalf_of=NAMED).json["id"]
    confirms(assistant, request_id, several=several)
    before = assistant.read(request_id)

    with pytest.raises(Refused) as refused:
        confirms(assistant, request_id, several=not several)
    confirms(assistant, request_id, several=several)  # the same again changes nothing, and is no mistake

    assert refused.value.code == code
    assert assistant.read(request_id) == before


def test_a_guardrail_that_refuses_holds_in_it_and_one_that_allows_takes_no_call(
    assistant: Assistant,
) -> None:
    first = opened(assistant)
    big = Guardrail(when="params.amount > 1000.0", then="refuse", reason="Too much.")
    small = Guardrail(when="params.amount < 10.0", then="allow")
    assistant.ruled(big, small, window=SEVERAL.window, agents=True)

    assert assistant.asks(arguments={"amount": 1001}).status == 403
    assert assistant.asks(arguments={"amount": 1}).json["approval"] == "allow"
    assert left(assistant, first)["left"] == 2
    assert assistant.asks(arguments={"amount": 500}).json["approval"] == "window"


def test_what_was_approved_on_a_page_is_over_where_that_vote_counts_no_longer(assistant: Assistant) -> None:
    world = assistant.world
    long = msgspec.structs.replace(SEVERAL, window=CallWindow(lasts=timedelta(hours=8), uses=9))
    assistant.put(long, may_assert=True)
    first = str(assistant.asks().json["id"])
    token = world.tokens.mint(assistant.read(first), act="review", now=world.clock())
    press = Press(token=token, verdict="approve", window=True)
    world.uses.deciding.review(Visitors(world).identity(BOB), press, now=world.clock())
    world.clock.advance(world.policy.identity.proof_age.total_seconds())
    taken = other(assistant)
    assert taken["state"] == "approved"

    world.clock.advance(1)

    assert assistant.uses(taken["id"], arguments={"account": "B-1"}).code == "window.over"
    assert other(assistant, 2)["state"] == "pending"


def narrower(lasts: timedelta, uses: int) -> Action:
    return msgspec.structs.replace(SEVERAL, window=CallWindow(lasts=lasts, uses=uses))


def _frozen(it: Assistant, person: str) -> None:
    part = Part(kind="person", name=person, addresses=(person,), by="os:root", at=it.world.clock())
    parting.freeze(it.world.store, part, now=it.world.clock())


def _gone(it: Assistant) -> None:
    it.world.policy = msgspec.structs.replace(it.world.policy, actions={})


def _left(it: Assistant, person: str) -> None:
    it.world.people.join(person, active=False, left=True)
    it.world.clock.advance(61)  # an answer serves for a minute


def _restored(it: Assistant) -> None:
    it.world.installation = msgspec.structs.replace(it.world.installation, generation="another")


def _no_approver(it: Assistant, person: str) -> None:
    it.world.people.groups[APPROVERS].remove(person)
    it.world.clock.advance(61)


def _shorter(it: Assistant) -> None:
    it.world.clock.advance(61)
    it.put(narrower(timedelta(minutes=1), 3))


ENDS: dict[str, Callable[[Assistant, str], object]] = {
    "time": lambda it, _: it.world.clock.advance(LASTS.total_seconds()),
    "its person ends it": lambda it, request: it.world.end(ALICE, it.read(request)),
    "its approver ends it": lambda it, request: it.world.end(BOB, it.read(request)),
    "the policy has no window": lambda it, _: it.put(DELETE, may_assert=True),
    "the policy has no action": lambda it, _: _gone(it),
    "fewer calls": lambda it, _: it.put(narrower(LASTS, 1)),
    "less time": lambda it, _: _shorter(it),
    "more approvers": lambda it, _: it.put(
        msgspec.structs.replace(
            SEVERAL, requirement=Requirement(kind="stages", stages=(msgspec.structs.replace(STAGE, needed=2),))
        )
    ),
    "its approver is frozen": lambda it, _: _frozen(it, BOB),
    "its approver has left": lambda it, _: _left(it, BOB),
    "everything is frozen": lambda it, _: freezing.freeze(
        it.world.store, by="operator", why=None, now=it.world.clock()
    ),
    "its approver is none any more": lambda it, _: _no_approver(it, BOB),
    "a restore": lambda it, _: _restored(it),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("used", [False, True])
def test_it_is_over_at_once(assistant: Assistant, end: str, *, used: bool) -> None:
    first = opened(assistant)
    if used:
        assert assistant.uses(first).status == 200
    taken = other(assistant)
    assert taken["state"] == "approved"

    ENDS[end](assistant, first)

    late = assistant.uses(taken["id"], arguments={"account": "B-1"})
    assert late.status in (409, 403), late.json
    assert other(assistant, 2).get("state", "refused") in ("pending", "refused")
    assert assistant.read(first).window is not None
