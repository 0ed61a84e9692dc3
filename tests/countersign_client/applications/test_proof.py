"""A receipt allows what was asked for by this very call, and nothing that differs from it anywhere."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.chains import Held
from approvals.receipts import issue
from approvals.requests import Decision, Use
from approvals.targets import Given
from countersign_client.applications import Money, errors
from countersign_client.applications.proof import Allowed, Expected, checked
from countersign_client.applications.values import sought
from countersign_client.keys import read_keys
from tests.countersign_client.applications.saying import ID, JSON, Both, request
from tests.support.builders import NOW, REFUND, action_terms, filed, review
from tests.support.said import Said

MINUTE = timedelta(minutes=1)
GIVEN: dict[str, Any] = {"amount": Money("250.00", "EUR"), "order": "A-17", "card": "No. 4111"}
DATA = {"channel": "phone"}
BY = "job-17"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    path = tmp_path_factory.mktemp("keys") / "receipts.jwk"
    create_keys(path, now=NOW, purpose=RECEIPTS)
    return FileSigner(path, issuer=lambda: "countersign:test", purpose=RECEIPTS)


def receipt(signer: FileSigner, *, call: Any = REFUND, by: str = "shop", key: str = BY, of: str = ID) -> str:
    """What the service makes when an approved refund is used."""
    whole = msgspec.structs.replace(
        filed(of, terms=action_terms(targets=(call,))).request,
        state="used",
        reviews=(review(),),
        decision=Decision(outcome="approved", at=NOW + MINUTE, by=("bob@example.com",)),
        used=Use(at=NOW + 2 * MINUTE, by=by, key=key),
    )
    return issue(whole, held=Held(hashes=(whole.head,), faults=()), signer=signer, now=NOW + 3 * MINUTE)


def consume(server: Said, app: Both, signer: FileSigner, text: str, **changes: Any) -> Allowed:
    shop = Both(app.kind, server.url, application="shop", keys=read_keys(json.dumps(signer.keys()).encode()))
    server.says((200, JSON, {"request": request("used")[2], "receipt": text}))
    given: dict[str, Any] = {"key": "order/A-17", "data": DATA, "idempotency_key": BY, **GIVEN, **changes}
    found: Allowed = shop.consume(ID, given.pop("action", "refund"), **given)
    return found


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": Money("250.01", "EUR")}, "its amount is another one"),
        ({"amount": Money("250.00", "USD")}, "its amount is another one"),
        ({"amount": "250.00 EUR"}, "its amount is another one"),
        ({"order": "A-18"}, "its order is another one"),
        ({"order": None}, "other parameters"),
        ({"more": "x"}, "other parameters"),
        ({"key": ""}, "binds something else"),
        ({"data": {"channel": "mail"}}, "binds something else"),
        ({"data": None}, "binds something else"),
        ({"action": "payout"}, "another action"),
        ({"idempotency_key": "job-18"}, "not used by this call"),
    ],
)
def test_a_receipt_for_something_else_allows_nothing(
    server: Said, app: Both, signer: FileSigner, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(errors.Unproven, match=why):
        consume(server, app, signer, receipt(signer), **changes)


def test_a_receipt_of_another_request_allows_nothing(server: Said, app: Both, signer: FileSigner) -> None:
    with pytest.raises(errors.Unproven, match="another request"):
        consume(server, app, signer, receipt(signer, of="r-9999999999"))


def test_a_receipt_by_a_stranger_allows_nothing(
    server: Said, app: Both, signer: FileSigner, tmp_path: Path
) -> None:
    create_keys(tmp_path / "other.jwk", now=NOW, purpose=RECEIPTS)
    stranger = FileSigner(tmp_path / "other.jwk", issuer=lambda: "countersign:test", purpose=RECEIPTS)
    with pytest.raises(errors.Unproven, match="none of these keys"):
        consume(server, app, signer, receipt(stranger))


def test_a_receipt_for_this_very_call_allows_it(server: Said, app: Both, signer: FileSigner) -> None:
    text = receipt(signer)
    allowed = consume(server, app, signer, text)
    assert (allowed.request_id, allowed.text, dict(allowed.parameters)) == (ID, text, GIVEN)
    assert allowed.receipt.decision.by == ("bob@example.com",)


def test_nobody_makes_a_permission_of_their_own() -> None:
    with pytest.raises(TypeError, match="was checked"):
        Allowed(object(), None, text="", parameters={})  # type: ignore[arg-type]


def test_a_newer_key_of_the_service_is_fetched_once(server: Said, app: Both, signer: FileSigner) -> None:
    text = receipt(signer)
    shop = Both(app.kind, server.url, application="shop")
    shop.client._core._keys = {}  # fetched before the key was made
    used = (200, JSON, {"request": request("used")[2], "receipt": text})
    server.says(used, (200, JSON, signer.keys()))
    allowed = shop.consume(ID, "refund", key="order/A-17", data=DATA, idempotency_key=BY, **GIVEN)
    assert allowed.text == text
    assert [path for _, path, _, _ in server.came] == [f"/v1/requests/{ID}/consume", "/.well-known/jwks.json"]


@pytest.mark.parametrize(
    ("written", "same", "other"),
    [
        (("number", "12.5"), (Decimal("12.50"), "12.5", "12.50"), (Decimal("12.51"), "x", 12)),
        (("number", "12"), (12, "12.0"), (13, "")),
        (("money", "250.00 EUR"), (Money("250", "EUR"), Money(Decimal(250), "EUR")), (Money("2500", "EUR"),)),
        (("money", "100 JPY"), (Money("100", "JPY"),), (Money("1", "JPY"), "100 JPY")),
        (
            ("time", "2026-03-02T09:00:00Z"),
            (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T10:00:00+01:00"),
            (datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-02", "soon", 9),
        ),
        (("string", "12"), ("12",), ("12 ", "012")),
    ],
)
def test_a_value_is_the_same_however_it_is_written(
    signer: FileSigner, written: tuple[Any, str], same: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    value = Given(name="x", label="X", type=written[0], value=written[1])
    text = receipt(signer, call=msgspec.structs.replace(REFUND, parameters=(value,), data="", key=""))
    keys = read_keys(json.dumps(signer.keys()).encode())

    def allows(each: Any) -> bool:
        expected = Expected(ID, "shop", sought("refund", {"x": each}), BY)
        try:
            return checked(text, keys, issuer="countersign:test", expected=expected).text == text
        except errors.Unproven as no:
            return "its x is another one" not in str(no)

    assert [allows(each) for each in (*same, *other)] == [True] * len(same) + [False] * len(other)
