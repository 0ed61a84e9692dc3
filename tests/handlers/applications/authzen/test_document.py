"""The OpenAPI document of the door: it is one, and what is sent and answered is what it says."""

import json
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest

from handlers.applications.authzen.document import CALLS, described, document
from tests.support.front import REQUESTS, Front


def fits(value: Any, name: str) -> None:
    schemas = described()["components"]["schemas"]
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def test_it_is_a_document_of_openapi_3_1() -> None:
    openapi_spec_validator.validate(json.loads(document()), cls=openapi_spec_validator.OpenAPIV31SpecValidator)


def test_what_an_address_takes_is_what_the_document_says(front: Front) -> None:
    for path, operations in described()["paths"].items():
        said = front.call("PATCH", path.replace("{id}", "r-0123456789"))
        assert said.status == 405
        assert set(said.headers["allow"].split(", ")) - {"HEAD"} == {method.upper() for method in operations}


def test_it_needs_no_token(front: Front) -> None:
    assert front.call("GET", "/access/v1/openapi.json", headers=[]).body == document()
    assert front.call("GET", "/access/v1/openapi.json/", headers=[]).status == 401


def test_what_is_sent_and_answered_on_the_whole_walk_stands_in_it(front: Front) -> None:
    question = front.question()
    fits(question, "Evaluation")
    denied = front.evaluate(question)
    fits(denied.json, "Decision")
    body = front.submission(question)
    fits(body, "Submission")
    filed = front.submit(body)
    fits(filed.json, "Handle")
    task = filed.json["task"]["id"]
    approval = front.approval(task)
    fits(front.status(task).json, "Handle")
    fits(front.again(approval), "Evaluation")
    for _ in range(2):
        fits(front.evaluate(front.again(approval)).json, "Decision")
    fits(front.send(f"{REQUESTS}/{task}/cancel", {}).json, "Problem")


@pytest.mark.parametrize("name", list(CALLS))
def test_every_status_that_a_test_has_seen_stands_in_it(front: Front, name: str) -> None:
    """Of each call: nobody's, one that cannot be read, and one too many."""
    call = CALLS[name]
    path = call.path.replace("{id}", "r-0123456789")
    body = b"[" if call.body else b""
    stranger = front.call(call.method.upper(), path, headers=[], pieces=[body])
    unread = front.call(call.method.upper(), path, body)
    large = front.call(call.method.upper(), path, b"x" * 70_000) if call.body else stranger

    known = {int(each) for each in described()["paths"][call.path][call.method]["responses"]}
    assert {stranger.status, unread.status, large.status} <= known
    assert stranger.status == 401
