"""The OpenAPI document: it is one, and says all that there is."""

import json

import jsonschema
import openapi_spec_validator
import pytest

from approvals.telling.webhooks import Message, payload
from handlers.applications.document import described, document
from handlers.applications.operations import OPERATIONS
from tests.support.builders import NOW
from tests.support.counters import Counter


def test_it_is_a_document_of_openapi_3_1() -> None:
    openapi_spec_validator.validate(json.loads(document()), cls=openapi_spec_validator.OpenAPIV31SpecValidator)


def test_every_call_stands_in_it_with_every_member_of_its_body() -> None:
    said = described()

    calls = {operation["operationId"] for path in said["paths"].values() for operation in path.values()}
    assert calls == set(OPERATIONS)
    for each in OPERATIONS.values():
        for kind in filter(None, (each.body, each.answer)):
            assert set(said["components"]["schemas"][kind.__name__].get("properties", {})) == set(
                kind.__struct_fields__
            )


def test_what_an_address_takes_is_what_the_document_says(counter: Counter) -> None:
    for path, operations in described()["paths"].items():
        said = counter.call("PATCH", path.replace("{id}", "r-0123456789"))
        assert said.status == 405
        assert set(said.headers["allow"].split(", ")) - {"HEAD"} == {method.upper() for method in operations}


def test_what_is_sent_to_a_webhook_stands_in_it() -> None:
    told = described()["webhooks"]["request"]["post"]
    sent = payload(Message(id="msg_1", state="approved", version=2, at=NOW), "r-0123456789")
    schemas = described()["components"]["schemas"]

    assert told["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/News"}
    jsonschema.validate(
        json.loads(sent), {"$ref": "#/components/schemas/News", "components": {"schemas": schemas}}
    )
    assert {each["name"] for each in told["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }


@pytest.mark.parametrize("name", ["/v1/openapi.json"])
def test_nothing_else_needs_no_token(counter: Counter, name: str) -> None:
    assert counter.call("GET", name, headers=[]).status == 200
    assert {counter.call("GET", each, headers=[]).status for each in ("/v1/", "/v1/actions", f"{name}/")} == {401}
