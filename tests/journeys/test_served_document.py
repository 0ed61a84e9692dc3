"""The document that is served, held against the service that serves it: whatever comes is answered as it says.

Calls are made of the document alone (schemathesis), good ones and bad ones, and each is signed for itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode

from handlers.applications.operations import OPERATIONS
from tests.support.applications import App
from tests.support.programs import Program, policy
from tests.support.running import Running, running

EACH = 40
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
    with running(tmp_path_factory.mktemp("office"), policy=policy(SHOP, KIOSK), iap_port=0) as office:
        SHOP._now = KIOSK._now = office.clock
        yield office


SHOP = App("shop")
KIOSK = App("kiosk")
"""Makes few calls, so that none of them comes too fast, however quick the machine is."""


@pytest.fixture(scope="module")
def schema(office: Running) -> Any:
    return schemathesis.openapi.from_url(f"{office.url}/v1/openapi.json")


class Signing:
    """What signs a call once it is whole, as the client of its library asks for it."""

    def __init__(self, office: Running, app: App) -> None:
        self._program = Program(office, app)

    def __call__(self, call: Any) -> Any:
        body = call.body.encode() if isinstance(call.body, str) else call.body or b""
        key = call.headers.get("Idempotency-Key")
        signed = self._program.signed(call.method, call.path_url, body, key=key)
        call.headers["Authorization"] = signed["Authorization"]
        return call


BAD = "ignore:Do not use the `random` module inside strategies"
"""What makes the bad calls draws from `random`, which is seeded alike for each of them."""


def path_of(name: str) -> str:
    return "/v1/" + "/".join("{id}" if part == "*" else part for part in OPERATIONS[name].path)


@pytest.mark.filterwarnings(BAD)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: f"{mode.name.lower()} calls")
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_answer_is_one_that_the_document_has(
    office: Running, schema: Any, name: str, mode: GenerationMode
) -> None:
    operation = schema[path_of(name)][OPERATIONS[name].method]
    signing = Signing(office, SHOP)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EACH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered(case: Any) -> None:
        response = case.call(base_url=office.url, auth=signing, timeout=120)
        case.validate_response(response, checks=CHECKED)
        # Whatever it says, it came past the door: what is held against the document are the calls themselves.
        assert mode is GenerationMode.NEGATIVE or "unauthorized" not in response.text

    answered()


PATHS = {path_of(name) for name in OPERATIONS}
OTHER = [
    (path, method)
    for path in sorted(PATHS)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
    if method not in {each.method for name, each in OPERATIONS.items() if path_of(name) == path}
]


def test_another_method_is_answered_with_those_that_there_are(office: Running) -> None:
    program = Program(office, KIOSK)
    for path, method in OTHER:
        target = path.replace("{id}", "r-0000000000")
        said = program.call(method, target)
        taken = {each.method for name, each in OPERATIONS.items() if path_of(name) == path}

        assert (said.status, said.json["code"]) == (405, "method"), (path, method)
        assert taken <= set(said.headers["allow"].split(", ")), (path, method)
        assert said.headers["content-type"] == "application/problem+json"


CHANGING = sorted(name for name, each in OPERATIONS.items() if each.body is not None)
LACKING = {
    "no key": (400, {"Content-Type": "application/json"}),
    "a key of other signs": (400, {"Content-Type": "application/json", "Idempotency-Key": "a b"}),
    "no type": (415, {"Idempotency-Key": "k1"}),
    "text": (415, {"Content-Type": "text/plain", "Idempotency-Key": "k1"}),
    "a form": (415, {"Content-Type": "multipart/form-data; boundary=b", "Idempotency-Key": "k1"}),
    "two types": (415, {"Content-Type": "application/json, text/plain", "Idempotency-Key": "k1"}),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_a_call_without_its_headers_is_told_so(office: Running, schema: Any, lacking: str) -> None:
    status, headers = LACKING[lacking]
    for name in CHANGING:
        operation = schema[path_of(name)][OPERATIONS[name].method]
        case = operation.Case(path_parameters={"id": "r-0000000000"} if "*" in OPERATIONS[name].path else {})
        url = office.url + case.formatted_path
        signed = requests.Request(
            case.method, url, headers=headers, data=b"{}", auth=Signing(office, KIOSK)
        ).prepare()
        response = requests.Session().send(signed, timeout=120)

        case.validate_response(Response.from_requests(response, verify=False), checks=CHECKED)
        assert response.status_code == status, (name, response.text)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_call_that_nobody_signed_is_answered_as_the_document_says(
    office: Running, schema: Any, name: str
) -> None:
    operation = schema[path_of(name)][OPERATIONS[name].method]
    case = operation.Case(path_parameters={"id": "r-0000000000"} if "*" in OPERATIONS[name].path else {})
    response = case.call(base_url=office.url, timeout=120)

    case.validate_response(response, checks=CHECKED)
    assert response.status_code == 401
