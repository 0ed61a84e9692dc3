"""The document that is served, held against the service that serves it: whatever it allows is answered as it says.

Calls are made of the document alone (schemathesis), and each is signed for itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode

from handlers.applications.operations import OPERATIONS
from tests.support.applications import App
from tests.support.programs import Program, policy
from tests.support.running import Running, running

EACH = 50
"""Calls of each kind of each operation."""

CHECKED = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=policy(SHOP), iap_port=0) as office:
        SHOP._now = office.clock
        yield office


SHOP = App("shop")


@pytest.fixture(scope="module")
def schema(office: Running) -> Any:
    return schemathesis.openapi.from_url(f"{office.url}/v1/openapi.json")


class Signing:
    """What signs a call once it is whole, as the client of its library asks for it."""

    def __init__(self, office: Running) -> None:
        self._program = Program(office, SHOP)

    def __call__(self, call: Any) -> Any:
        body = call.body.encode() if isinstance(call.body, str) else call.body or b""
        key = call.headers.get("Idempotency-Key")
        signed = self._program.signed(call.method, call.path_url, body, key=key)
        call.headers["Authorization"] = signed["Authorization"]
        return call


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_answer_is_one_that_the_document_has(office: Running, schema: Any, name: str) -> None:
    operation = OPERATIONS[name]
    path = "/v1/" + "/".join("{id}" if part == "*" else part for part in operation.path)
    signing = Signing(office)

    @given(case=schema[path][operation.method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(
        max_examples=EACH,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered(case: Any) -> None:
        response = case.call(base_url=office.url, auth=signing, timeout=120)
        case.validate_response(response, checks=CHECKED)
        # Whatever it says, it came past the door: what is held against the document are the calls themselves.
        assert "unauthorized" not in response.text

    answered()
