"""The digest that card, token and attestation share covers what is asked, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.policy.model import Requirement, Stage
from approvals.reviews import typed
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, without_text
from countersign_client.canonical import text_digest
from tests.support.builders import NOW, ONE_APPROVER, terms


def dig(**changes: Any) -> str:
    return cover(asked(**changes)).digest


def asked(**changes: Any) -> Asked:
    about: dict[str, Any] = {"request": "r-0123456789", "revision": 1, "requester": "alice@example.com"}
    own = {name: changes.pop(name) for name in list(changes) if name in about}
    return Asked(**(about | own), terms=terms(**changes))


@pytest.mark.parametrize(
    "change",
    [
        {"request": "r-9999999999"},
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


WRITTEN = (
    '{"condition":"true","duration":3600,"entitlement":"payments-admin","expires":"2026-11-22T18:00:00Z",'
    '"id":"r-0123456789","justification":"' + typed("INC-42", salt="s" * 16).digest + '",'
    '"policy":"sha256:' + "a" * 64 + '","requester":"alice@example.com",'
    '"requirement":{"kind":"stages","stages":['
    '{"approvers":["group:ops","user:bob@example.com"],"needed":2,"sign":""},'
    '{"approvers":["domain:example.com"],"needed":1,"sign":"typed"}]},'
    '"resource":"projects/payments-prod","revision":1,"roles":["roles/run.admin","roles/run.viewer"],'
    '"title":"Zahlungen für alle","v":1}'
)
"""The object of `ALL`, written by hand as 0.1.0 wrote it."""

STAGES = (
    Stage(approvers=("group:ops", "user:bob@example.com"), needed=2),
    Stage(approvers=("domain:example.com",), sign="typed"),
)
ALL: dict[str, Any] = {
    "condition": "true",
    "roles": ("roles/run.admin", "roles/run.viewer"),
    "title": "Zahlungen für alle",
    "requirement": Requirement(kind="stages", stages=STAGES),
}


def test_version_1_is_written_byte_for_byte_as_0_1_0_wrote_it() -> None:
    assert cover(asked(**ALL)).text == WRITTEN


class Stricter(Stage, frozen=True, kw_only=True):
    """A stage as a later release may make it."""

    not_same: str = ""


class Wider(Requirement, frozen=True, kw_only=True):
    auto_when: str = ""


def test_a_new_member_of_a_stage_or_a_requirement_changes_no_digest() -> None:
    stages = tuple(Stricter(approvers=each.approvers, needed=each.needed, sign=each.sign) for each in STAGES)

    assert cover(asked(**ALL | {"requirement": Wider(kind="stages", stages=stages)})).text == WRITTEN


def test_what_was_written_is_read_again_but_for_what_was_typed() -> None:
    assert read(WRITTEN) == without_text(asked(**ALL))
    assert read(cover(asked(requirement=Requirement(kind="self"))).text) == without_text(
        asked(requirement=Requirement(kind="self"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        WRITTEN.replace('"v":1', '"v":3'),
        WRITTEN.replace('"v":1', '"v":true'),
        WRITTEN.replace('"needed":2', '"needed":2,"also":1'),
        WRITTEN.replace('"condition"', '"more":1,"condition"'),
        WRITTEN.replace('"duration":3600,', ""),
        WRITTEN.replace("3600", "9" * 18),
        "[" * 100_000,
    ],
)
def test_an_object_of_another_form_is_not_read(text: str) -> None:
    with pytest.raises(CoveredError):
        read(text)
