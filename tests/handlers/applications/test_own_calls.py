"""`approval: self` of an agent's action: nobody else is asked, and only the person's own press approves it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.policy.model import Guardrail, Requirement
from approvals.refusals.errors import NotFound, Refused
from approvals.requests import votes_open
from approvals.uses.votes import Shown
from handlers.wording.acting import by_oneself, who
from handlers.wording.listing import own
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World

OWN = msgspec.structs.replace(DELETE, requirement=Requirement(kind="self"))
SAYS = {"asserted": {"email": ALICE}}


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Assistant]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Assistant(world, action=OWN, may_assert=True)) as made,
    ):
        yield made
        assert list(Inspection(world.store).faults()) == []


def confirms(assistant: Assistant, request_id: str, who: str = ALICE) -> None:
    request = assistant.read(request_id)
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    world = assistant.world
    world.uses.confirming.confirm(world.identity(who), shown, now=world.clock())


@pytest.mark.parametrize("proof", ["token", "asserted"])
def test_neither_a_token_nor_an_agents_word_approves_it(assistant: Assistant, proof: str) -> None:
    person = SAYS if proof == "asserted" else {"token": assistant.staff.token()}

    said = assistant.asks(consume=True, on_behalf_of=person).json

    assert (said["state"], said["approval"], said["on_behalf_of"]["proven"]) == ("pending", "self", proof)
    assert assistant.uses(said["id"]).code == "pending"
    confirms(assistant, said["id"])
    assert assistant.asks().json["state"] == "approved"
    assert assistant.uses(said["id"]).status == 200


def test_nobody_else_approves_or_confirms_it(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]

    with pytest.raises(NotFound):
        confirms(assistant, request_id, BOB)
    for person in (ALICE, BOB):
        with pytest.raises((Refused, NotFound)):
            assistant.decided(request_id, by=person)

    assert (assistant.read(request_id).state, votes_open(assistant.read(request_id))) == ("pending", False)


def test_what_was_shown_is_what_they_approve(assistant: Assistant) -> None:
    request = assistant.read(assistant.asks().json["id"])
    other = Shown(request=request.id, revision=request.revision, digest=f"sha256:{'0' * 64}")

    world = assistant.world

    with pytest.raises(Refused) as refused:
        world.uses.confirming.confirm(world.identity(ALICE), other, now=world.clock())

    assert refused.value.code == "changed"


def test_what_no_card_shows_whole_is_approved_on_its_page_alone(assistant: Assistant) -> None:
    request_id = assistant.asks(arguments={"text": "x" * 7_000}).json["id"]

    with pytest.raises(Refused) as refused:
        confirms(assistant, request_id)

    assert refused.value.code == "page_only"


def test_a_guardrail_that_refuses_by_then_wins_over_their_press(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    assistant.ruled(Guardrail(when="true", then="refuse"), requirement=OWN.requirement)

    with pytest.raises(Refused) as refused:
        confirms(assistant, request_id)

    assert refused.value.code == "guardrail"


def test_others_whom_the_policy_has_come_to_ask_are_asked_after_their_press(assistant: Assistant) -> None:
    request_id = assistant.asks().json["id"]
    assistant.put(DELETE, may_assert=True)

    confirms(assistant, request_id)

    assert assistant.read(request_id).state == "pending"
    assistant.decided(request_id)
    assert assistant.read(request_id).state == "approved"


def test_a_service_account_has_nobody_who_could_press(assistant: Assistant) -> None:
    robot = "robot@shop-prod.iam.gserviceaccount.com"
    assistant.ruled(requirement=OWN.requirement, requesters=(f"user:{robot}", "domain:example.com"))

    said = assistant.asks(who=robot)

    assert said.status in (401, 403)


def test_it_is_said_in_words_that_an_agent_asks_and_who_approves(assistant: Assistant) -> None:
    request = assistant.read(assistant.asks().json["id"])

    assert by_oneself(request)
    assert who(request) == f"an agent, Coding assistant, on behalf of {ALICE}"
    assert standing(request).words == f"Waits for {ALICE} to approve it"
    assert "asked for by an agent, Coding assistant. Waits for " in plain(own(request))
    confirms(assistant, request.id)
    assert '"v":8' in assistant.read(request.id).covered
