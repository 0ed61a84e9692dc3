"""The chaos run finds what must not be of an approval that grants nothing: each thing broken by hand."""

from typing import Any

import msgspec
import pytest

from approvals.chains import Held
from approvals.requests import Decision, Request
from chaos import alone
from chaos.alone import Notary
from sandbox.google.state import Call
from tests.support import fridays
from tests.support.builders import approval_terms, filed, grant
from tests.support.world import World

ID = "r-0123456789"


def call(resource: str = "projects/shop-1", *, reason: str = "", body: Any = None) -> Call:
    return Call(method="projects.setIamPolicy", resource=resource, reason=reason, body=body, code=200)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (call(reason="countersign r-9999999999"), ""),
        (call(reason=f"countersign {ID}"), "grants nothing"),
        (call(body={"description": f"countersign:abc/{ID}"}), "grants nothing"),
        (call(""), "which nothing is granted on"),
    ],
    ids=["for another", "by its reason", "by its binding", "on no resource"],
)
def test_a_call_to_google_for_it_is_found(made: Call, wrong: str) -> None:
    found = list(alone.called([made], [ID], ["projects/shop-1"]))

    assert (bool(found), wrong in " ".join(found)) == (bool(wrong), True)


@pytest.mark.parametrize(
    ("state", "more", "wrong"),
    [
        ("active", {}, False),
        ("scheduled", {}, False),
        ("ended", {"removed": True}, False),
        ("activating", {}, True),
        ("ended", {"removed": False}, True),
    ],
)
def test_one_that_waits_for_google_is_found(state: Any, more: dict[str, Any], wrong: bool) -> None:
    request = msgspec.structs.replace(filed(terms=approval_terms()).request, grants=(grant(state, **more),))

    assert bool(list(alone.stands(request))) == wrong


@pytest.fixture
def notary() -> Notary:
    return Notary()


@pytest.fixture
def stands(world: World) -> tuple[Request, Held]:
    request = fridays.standing(fridays.fridays(world))
    return request, world.store.held(request.id)


def test_a_receipt_that_holds_is_well(notary: Notary, stands: tuple[Request, Held]) -> None:
    assert list(notary.proven(*stands)) == []


def test_a_receipt_that_its_record_or_its_chain_does_not_bear_out_is_found(
    notary: Notary, stands: tuple[Request, Held]
) -> None:
    request, held = stands
    nobody = Decision(outcome="approved", at=request.updated, by=("eve@example.com",))
    broken = msgspec.structs.replace(held, faults=("an entry is missing",))

    assert list(notary.proven(msgspec.structs.replace(request, decision=nobody), held)) != []
    assert list(notary.proven(request, broken)) != []
