"""Whatever goes wrong is an error with a reason, and never a permission."""

from typing import Any

import pytest

from countersign_client.applications import errors
from countersign_client.applications.errors import NotAllowed
from tests.countersign_client.applications.saying import ASKED, ID, JSON, Answer, Both, problem, request
from tests.support.said import Said

HTML = {"content-type": "text/html"}
STEP_UP = {"acr": ["phr", "mfa"], "max_age": 300, "nonce": "n-1"}


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (problem(403, "guardrail"), errors.Refused, "guardrail"),
        (problem(403, "requester"), errors.Refused, "requester"),
        (problem(401, "token"), errors.Refused, "token"),
        (problem(401, "unauthorized"), errors.Refused, "unauthorized"),
        (problem(401, "step_up", step_up=STEP_UP), errors.StepUp, "step_up"),
        (problem(409, "frozen"), errors.Frozen, "frozen"),
        (problem(422, "parameter"), errors.Refused, "parameter"),
        (problem(429, "limit.hour", {"retry-after": "900"}), errors.Refused, "limit.hour"),
        (problem(500, "unexpected"), errors.Unreachable, "unexpected"),
        (problem(503, "unavailable"), errors.Unreachable, "unavailable"),
        ((200, HTML, b"<h1>Welcome to the hotel's network</h1>"), errors.Unreachable, ""),
        ((200, JSON, b"[]"), errors.Unreachable, ""),
        ((200, JSON, b'{"state": "approved"}'), errors.Unreachable, ""),
        ((200, JSON, b'{"id": 7, "state": "approved"}'), errors.Unreachable, ""),
        ((204, JSON, b""), errors.Unreachable, ""),
        ((302, {"location": "https://login.example.com/"}, b""), errors.Unreachable, ""),
        ((404, HTML, b"<h1>Not found</h1>"), errors.Unreachable, ""),
        ((403, JSON, b'{"message": "no"}'), errors.Unreachable, ""),
        ((503, HTML, b"busy"), errors.Unreachable, ""),
        ((0, JSON, b"{"), errors.Unreachable, ""),
    ],
)
def test_an_answer_that_files_nothing_is_an_error_of_its_kind(
    server: Said, app: Both, answer: Answer, kind: type[NotAllowed], code: str
) -> None:
    server.says(answer)
    with pytest.raises(NotAllowed) as refused:
        app.require(**ASKED)
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert refused.value.reason == str(refused.value)
    assert refused.value.idempotency_key


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("denied", errors.Denied),
        ("expired", errors.Expired),
        ("withdrawn", errors.Withdrawn),
        ("lapsed", errors.Lapsed),
        ("allowed", errors.Unreachable),
        ("APPROVED", errors.Unreachable),
        ("", errors.Unreachable),
    ],
)
def test_a_request_that_ends_otherwise_is_an_error_with_its_id(
    server: Said, app: Both, state: str, kind: type[NotAllowed]
) -> None:
    server.says(request(), request(state))
    with pytest.raises(NotAllowed) as refused:
        app.require(**ASKED, timeout=5)
    assert type(refused.value) is kind
    assert refused.value.request_id == ID


@pytest.mark.parametrize(
    "code", ["used", "denied", "expired", "lapsed", "withdrawn", "pending", "parameters", "frozen"]
)
def test_what_cannot_be_consumed_is_an_error_with_its_id_and_key(server: Said, app: Both, code: str) -> None:
    app.client._core._keys, app.client._core._pinned = {}, True
    server.says(problem(409, code))
    with pytest.raises(NotAllowed) as refused:
        app.consume(ID, "refund", order="A-17", idempotency_key="job-1")
    assert type(refused.value).__name__.lower() == (code if code != "parameters" else "refused")
    assert (refused.value.request_id, refused.value.idempotency_key) == (ID, "job-1")


@pytest.mark.parametrize("receipt", [None, 7, "", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_receipt_that_does_not_verify_allows_nothing(server: Said, app: Both, receipt: Any) -> None:
    app.client._core._keys, app.client._core._pinned = {}, True
    server.says((200, JSON, {"request": request("used")[2], "receipt": receipt}))
    with pytest.raises(errors.Unproven, match="Do nothing"):
        app.consume(ID, "refund", order="A-17")


def test_nothing_is_consumed_while_the_keys_of_receipts_cannot_be_had(server: Said, app: Both) -> None:
    server.says((200, JSON, {"keys": []}))
    with pytest.raises(errors.Unreachable, match="keys of receipts"):
        app.consume(ID, "refund", order="A-17")
    assert {(method, path) for method, path, _, _ in server.came} == {("GET", "/.well-known/jwks.json")}
    assert app.mark.made == []


def test_who_must_sign_in_anew_is_told_how(server: Said, app: Both) -> None:
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr mfa", max_age="300"'
    server.says(problem(401, "step_up", {"www-authenticate": challenge}, step_up=STEP_UP))
    with pytest.raises(errors.StepUp) as refused:
        app.require(**ASKED)
    found = refused.value
    assert (found.acr, found.max_age, found.nonce, found.challenge) == (("phr", "mfa"), 300, "n-1", challenge)


def test_a_denial_says_who_and_why(server: Said, app: Both) -> None:
    decision = {"outcome": "denied", "by": ["bob@example.com"], "comment": "ask support first"}
    server.says(request("denied", decision=decision))
    with pytest.raises(errors.Denied, match=r"denied by bob@example\.com: ask support first") as refused:
        app.wait(ID)
    assert (refused.value.by, refused.value.comment) == (("bob@example.com",), "ask support first")


def test_parameters_that_do_not_fit_are_named(server: Said, app: Both) -> None:
    each = [{"code": "parameter", "detail": "Amount: no.", "field": "parameters.amount"}]
    server.says(problem(422, "parameter", errors=each))
    with pytest.raises(errors.Refused) as refused:
        app.ask(**ASKED)
    assert refused.value.fields == {"parameters.amount": "Amount: no."}


def test_nobody_there_is_no_permission(app: Both) -> None:
    nobody = Both("sync" if type(app.client).__name__ == "Application" else "async", "http://127.0.0.1:9")
    with pytest.raises(errors.Unreachable, match="no whole answer"):
        nobody.require(**ASKED)
