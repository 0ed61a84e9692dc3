"""The chaos run finds what is decided or given of what is frozen by name, and what an export leaves out."""

from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest

from approvals.access.bindings import TITLE
from approvals.ports.store import Installation
from approvals.requests import Request
from chaos import ice
from chaos.findings import Findings
from chaos.home import missing
from chaos.ice import Ice, Part
from chaos.outside import Outside
from chaos.records import Records
from chaos.teams import Flat, Seat
from tests.support.builders import NOW, filed, review, terms

BOB = "bob@example.com"
PART = Part(entitlements=["two-shop-0"], mute=BOB)
ROLE = "roles/storage.objectViewer"


class Beside:
    """Stands for the records and the IAM policies, as a test wants them."""

    def __init__(self) -> None:
        self.requests: dict[str, Request] = {
            each: _request(each, entitlement) for each, entitlement in NAMES.items()
        }
        self.standing: set[Flat] = set()
        self.seats: set[Seat] = set()

    def ids(self) -> list[str]:
        return list(self.requests)

    def request(self, name: str) -> Request:
        return self.requests[name]

    def installation(self) -> Installation:
        return Installation(instance="i", generation="g", schema=2, created=NOW)

    def bindings(self) -> set[Flat]:
        return set(self.standing)

    @property
    def teams(self) -> "Beside":
        return self

    def ours(self) -> set[Seat]:
        return set(self.seats)

    def voted(self, name: str, who: str) -> None:
        self.requests[name] = msgspec.structs.replace(self.requests[name], reviews=(review(who),))

    def given(self, role: str, resource: str = "projects/shop-0") -> None:
        rest = (
            "user:alice@example.com",
            TITLE,
            "countersign:i/r-1",
            'request.time < timestamp("2999-01-01T00:00:00Z")',
        )
        self.standing.add((resource, role, *rest))


FROZEN, FREE = "r-0000000001", "r-0000000002"
NAMES = {FROZEN: "two-shop-0", FREE: "two-shop-1"}


def _request(name: str, entitlement: str) -> Request:
    return filed(name, terms=terms(entitlement=entitlement)).request


WRONG: dict[str, Callable[[Beside], object]] = {
    "a vote on what is frozen": lambda beside: beside.voted(FROZEN, "carol@example.com"),
    "a vote by who is frozen": lambda beside: beside.voted(FREE, BOB),
    "a request for it": lambda beside: beside.requests.update(new=_request("new", "two-shop-0")),
    "a role of it": lambda beside: beside.given(ROLE),
}
RIGHT: dict[str, Callable[[Beside], object]] = {
    "a vote on what is not": lambda beside: beside.voted(FREE, "carol@example.com"),
    "a request for what is not": lambda beside: beside.requests.update(new=_request("new", "two-shop-1")),
    "another role": lambda beside: beside.given("roles/run.viewer"),
    "the role elsewhere": lambda beside: beside.given(ROLE, "projects/shop-1"),
}


@pytest.mark.parametrize("what", [*WRONG, *RIGHT])
def test_what_happens_to_what_is_frozen_by_name_is_found(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "UNDER_WAY", 0.0)
    beside: Any = Beside()
    findings = Findings()
    made = Ice(cast("Outside", beside), cast("Records", beside), findings, part=PART)
    made.look()
    assert findings.clean()

    (WRONG | RIGHT)[what](beside)
    made.look()

    assert findings.clean() == (what in RIGHT), findings.table()


@pytest.mark.parametrize(
    ("rows", "promised", "stored", "wrong"),
    [
        (["r-1", "r-2"], ["r-1"], ["r-1", "r-2"], 0),
        (["r-2"], ["r-1"], ["r-1", "r-2"], 1),
        (["r-1", "r-2"], ["r-1"], ["r-1"], 1),
        ([], ["r-1", "r-2"], ["r-1", "r-2"], 2),
    ],
)
def test_an_export_that_lacks_or_makes_up_something_is_found(
    rows: list[str], promised: list[str], stored: list[str], wrong: int
) -> None:
    file = "\ufeff" + "".join(f"{row},x\r\n" for row in ["request", *rows])
    assert len(missing(file, promised, stored)) == wrong
