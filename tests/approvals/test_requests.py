"""The digest that card, token and attestation share covers what is asked, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.policy.records import Requirement, Stage
from approvals.requests import terms_digest
from approvals.reviews import typed
from countersign_client.canonical import text_digest
from tests.builders import NOW, ONE_APPROVER, terms


def dig(**changes: Any) -> str:
    about: dict[str, Any] = {"request_id": "r-0123456789", "revision": 1, "requester": "alice@example.com"}
    own = {name: changes.pop(name) for name in list(changes) if name in about}
    return terms_digest(**(about | own), terms=terms(**changes))


@pytest.mark.parametrize(
    "change",
    [
        {"request_id": "r-9999999999"},
        {"revision": 2},
        {"requester": "gwen@example.com"},
        {"entitlement": "other"},
        {"title": "Harmless reading"},
        {"resource": "projects/payments-test"},
        {"roles": ("roles/owner",)},
        {"roles": ("roles/run.admin", "roles/run.viewer")},
        {"condition": "true"},
        {"duration": timedelta(hours=2)},
        {"justification": typed("INC-43", salt="s" * 16)},
        {"justification": typed("INC-42", salt="t" * 16)},
        {"expires": NOW + timedelta(hours=9)},
        {"requirement": Requirement(kind="self")},
        {"requirement": Requirement(kind="stages", stages=(*ONE_APPROVER.stages, Stage(approvers=("user:a@x",))))},
        {"policy": "sha256:" + "b" * 64},
    ],
)
def test_every_part_of_what_is_asked_changes_the_digest(change: dict[str, Any]) -> None:
    assert dig(**change) != dig()


def test_the_same_terms_have_the_same_digest() -> None:
    assert dig() == dig()
    assert dig().startswith("sha256:")


def test_the_typed_text_can_be_erased_without_changing_the_digest() -> None:
    kept = typed("INC-42", salt="s" * 16)
    erased = type(kept)(digest=kept.digest, salt="", text="")

    assert dig(justification=erased) == dig(justification=kept)


def test_a_typed_text_stands_under_its_salted_digest() -> None:
    kept = typed("INC-42", salt="s" * 16)

    assert kept.digest == text_digest("s" * 16, "INC-42")
    assert kept.digest != text_digest("t" * 16, "INC-42")
