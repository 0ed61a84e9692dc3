"""What the draft publishes: both of its examples from end to end, by its own JSON, and the vectors of its hash."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from approvals.policy.parties import AuthZen
from approvals.uses.votes import Shown
from handlers.applications.authzen.bindings import binding_hash
from handlers.applications.authzen.questions import Question
from tests.support.front import EVALUATION, REQUESTS, Front, echoed
from tests.support.refunds import REFUND
from tests.support.world import ALICE, BOB

DATA = Path(__file__).parents[3] / "data" / "authzen"
EXAMPLES = json.loads((DATA / "examples.json").read_text())
SCHEMAS = json.loads((DATA / "schemas.json").read_text())
VECTORS = json.loads((DATA / "binding-hash.json").read_text())["vectors"]

MEANT = {
    "manager": ("read-document", AuthZen(action="can_read", resource="document"), timedelta(hours=4)),
    "agent": ("call-tool", AuthZen(action="invoke", resource="tool"), timedelta(hours=6)),
}


@pytest.fixture
def point(front: Front) -> Front:
    """The draft's enforcement points, which name people by their own word, as the draft has it."""
    front.asserts(webhook="https://agents.example.com/callbacks/access-requests")
    made = msgspec.structs.replace(REFUND, parameters=(), use_by=timedelta(minutes=10))
    front.acts(
        *(
            msgspec.structs.replace(made, id=name, title=name, authzen=mapping, pending=pending)
            for name, mapping, pending in MEANT.values()
        )
    )
    return front


def with_answers(example: Mapping[str, Any], part: str, **answers: Any) -> dict[str, Any]:
    """A body of the draft's, with what only we can have answered before in the place of its own."""
    body = json.loads(json.dumps(example[part]))
    if "denial" in answers:
        # Which members there are is the draft's, what they say is ours.
        body["denial"] = {name: answers["denial"][name] for name in body["denial"]}
    if "approval" in answers:
        own = body["context"]["approval"]
        body["context"]["approval"] = {name: answers["approval"][name] for name in own if name != "state"}
    return dict(body)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_of_the_draft_goes_through(point: Front, name: str) -> None:
    example = EXAMPLES[name]

    denied = point.send(EVALUATION, example["evaluation"])
    assert (denied.status, denied.json["decision"]) == (200, False)
    body = with_answers(example, "submission", denial=echoed(denied.json["context"]))
    filed = point.send(REQUESTS, body, named="7b8d0f0d-65a1-4af1-9fd3-a684f08a5d13")
    assert (filed.status, filed.json["task"]["status"]) == (202, "pending")
    task = filed.json["task"]["id"]

    confirm_and_approve(point, task)
    done = point.get(filed.json["task"]["status_endpoint"].removeprefix("https://approvals.example.com"))
    assert done.json["task"]["status"] == "approved"
    again = with_answers(example, "again", approval=done.json["result"]["approval"])
    allowed, once_more = point.send(EVALUATION, again), point.send(EVALUATION, again)

    assert allowed.json["decision"] is True
    assert allowed.json["context"]["approval"]["id"] == done.json["result"]["approval"]["id"]
    # Where the draft lets an approval serve again, ours has served.
    context = once_more.json["context"]
    assert (once_more.json["decision"], context["reason"]) == (False, "approval_expired")
    assert (context["next_action"], "access_request" in context) == ("request", True)
    for said in (denied, allowed, once_more):
        jsonschema.validate(said.json, SCHEMAS["decision"])
    reason = point.read(task).terms.justification.text
    assert reason == example["submission"]["context"]["business_justification"]


def confirm_and_approve(point: Front, task: str) -> None:
    """The person says that it is so, as always where an application names them by its word; then bob decides."""
    request, world = point.read(task), point.world
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    world.uses.confirming.confirm(world.identity(ALICE), shown, now=world.clock())
    world.press(BOB, point.read(task))


@pytest.mark.parametrize("part", ["evaluation", "again"])
@pytest.mark.parametrize("name", list(EXAMPLES))
def test_what_the_draft_asks_is_what_the_schema_of_the_api_says(name: str, part: str) -> None:
    jsonschema.validate(EXAMPLES[name][part], SCHEMAS["request"])


@pytest.mark.parametrize("vector", VECTORS, ids=[each["id"] for each in VECTORS])
def test_the_hash_of_a_binding_is_that_of_the_published_vector(vector: dict[str, Any]) -> None:
    found = Question(**vector["request"])

    assert binding_hash(found, vector["binding_context_members"]) == vector["binding_hash"]


def test_an_actor_that_was_all_there_is_leaves_no_properties() -> None:
    """No vector says so. Without it the draft's second example would be another subject when it is submitted."""
    example = EXAMPLES["agent"]
    asked, moved = (
        Question(**{name: example[part][name] for name in ("subject", "action", "resource", "context")})
        for part in ("evaluation", "submission")
    )

    assert binding_hash(asked, ()) == binding_hash(moved, ())
