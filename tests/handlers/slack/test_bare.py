"""A line without its verb, or with one that is much like it, and what a line says all at once."""

import json
from typing import Any

import msgspec
import pytest

from approvals.limits import Limits
from approvals.nearest import nearest
from sandbox.slack.records import Outcome
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.requests import form, signed


def answer(outcome: Outcome) -> str:
    return str(json.loads(outcome.body)["text"])


def filled(view: dict[str, Any] | None) -> tuple[str | None, str | None, str | None]:
    assert view is not None
    held = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    chosen = held["entitlement"].get("initial_option")
    return (
        chosen["value"] if chosen else None,
        held["duration"].get("initial_value"),
        held["justification"].get("initial_value"),
    )


def said(view: dict[str, Any] | None) -> dict[str, str]:
    """What stands above each field that does not do."""
    assert view is not None
    found, above = {}, []
    for block in view["blocks"]:
        if block["type"] == "section":
            above.append(block["text"]["text"])
        elif block["type"] == "input":
            if above:
                found[block["block_id"]] = " ".join(above)
            above = []
    return found


@pytest.mark.parametrize(
    "line",
    [
        "launch now",
        "ned r-0123456789",
        "mien",
        "*",
        "the the the",
        "endd r-0123456789",
    ],
)
def test_a_word_that_is_no_order_and_names_nothing_files_nothing(bed: Bed, line: str) -> None:
    outcome = bed.box.slack.command("alice", f"/jit {line}")

    word = line.partition(" ")[0]
    assert answer(outcome).startswith(f"/jit has no “{word}”.")
    assert outcome.view is None
    assert list(bed.store.chains()) == [""]


@pytest.mark.parametrize(
    ("word", "meant"), [("mien", "mine"), ("pendign", "pending"), ("withdrw", "withdraw"), ("lgos", "logs")]
)
def test_an_order_that_was_mistyped_is_named(bed: Bed, word: str, meant: str) -> None:
    outcome = bed.box.slack.command("alice", f"/jit {word}")

    assert answer(outcome).endswith(f"Did you mean /jit {meant}? It has:")


@pytest.mark.parametrize(
    "line",
    [
        "compute-admin-prod for 2h because CHG-42 disk full",
        "Compute admin on production for 2h because CHG-42 disk full",
        "“Compute admin on production” for 2h because CHG-42 disk full",
        "roles/compute.instanceAdmin.v1 on shop-prod for 2h because CHG-42 disk full",
    ],
)
def test_a_request_needs_no_verb(bed: Bed, line: str) -> None:
    if "roles/" in line:
        entitlements = {**bed.policy.entitlements}
        del entitlements["web-servers-restart"]
        bed.policy = _with(bed, entitlements)
    bed.box.slack.command("alice", f"/jit {line}")

    (request,) = bed.requests()
    assert request.terms.entitlement == "compute-admin-prod"
    assert request.terms.justification.text == "CHG-42 disk full"
    assert request.terms.duration.total_seconds() == 7200


def _with(bed: Bed, entitlements: dict[str, Any]) -> Any:
    return msgspec.structs.replace(bed.policy, entitlements=entitlements)


@pytest.mark.parametrize("line", ["request customer-data for 1h because CHG-1", "customer-data because CHG-1"])
def test_a_line_that_is_one_too_many_is_refused_and_asks_nobody(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, limits=Limits(pending=1))
    bed.file("alice")
    monkeypatch.setattr(bed.uses.offering, "meant", lambda *_, **__: pytest.fail("somebody was asked"))

    said = answer(bed.box.slack.command("alice", f"/jit {line}"))

    assert said.startswith("You have 1 request waiting, which is the most. Withdraw one first")
    assert len(bed.requests()) == 1


@pytest.mark.parametrize("line", ["request customer-data for 1h because CHG-1", "customer-data because CHG-1"])
def test_a_line_that_is_sent_again_finds_the_last_request_that_there_was_room_for(bed: Bed, line: str) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, limits=Limits(pending=1))
    body = form(text=line)
    headers = signed(bed, body)

    first, again = (bed.box.slack.post(body, headers=headers) for _ in range(2))

    assert bed.requests()[0].id in str(first.body)
    assert again.body == first.body


def test_a_name_alone_opens_the_form(bed: Bed) -> None:
    assert filled(bed.box.slack.command("alice", "/jit customer-data").view) == ("customer-data", None, None)


def test_a_mistyped_request_opens_the_form_and_files_nothing(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit reqest customer-data for 1h because CHG-1 export")

    assert filled(outcome.view) == ("customer-data", "1h", "CHG-1 export")
    assert bed.requests() == []


def test_a_wrong_project_leaves_everything_else_in_the_form(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit customer-data on shop-dta for 1h because CHG-1 export")

    assert filled(outcome.view) == ("customer-data", "1h", "CHG-1 export")
    assert said(outcome.view) == {
        "entitlement": "“customer-data” is offered on project shop-data, not on “shop-dta”."
    }
    assert bed.requests() == []


MEANT = [
    ("request compte-admin-prd because CHG-1", "Did you mean compute-admin-prod?"),
    ("request Raed customer data because CHG-1", "Did you mean customer-data?"),
    ("request customer data because CHG-1", "Did you mean customer-data?"),
    ("request roles/loging.viewer because CHG-1", "Did you mean roles/logging.viewer?"),
    ("request bigquery.dataVeiwer because CHG-1", "Did you mean bigquery.dataviewer?"),
    ("request on shop-dta because CHG-1", "Did you mean shop-data?"),
    ("request lgos because CHG-1", "Did you mean logs?"),
    ("request deploy-prod-sig because CHG-1", "Did you mean deploy-prod-signed?"),
    ("request roles/owner because CHG-1", "“roles/owner”. Type below"),
]


@pytest.mark.parametrize(("line", "meant"), MEANT)
def test_what_may_have_been_meant_is_named_and_never_chosen(bed: Bed, line: str, meant: str) -> None:
    outcome = bed.box.slack.command("alice", f"/jit {line}")

    assert filled(outcome.view) == (None, None, "CHG-1")
    assert meant in said(outcome.view)["entitlement"]
    assert bed.requests() == []


def test_everything_that_is_wrong_with_a_line_is_said_at_once(bed: Bed) -> None:
    outcome = bed.box.slack.command(
        "alice", "/jit request deploy-prod-signed on shop-data for 99h because it broke"
    )

    assert said(outcome.view) == {
        "entitlement": "“deploy-prod-signed” is offered on project shop-prod, not on “shop-data”.",
        "duration": "Too long: Deploy to production (signed) is for at most 4 hours.",
        "justification": "The justification does not fit: Start with the incident or change number, like CHG-42",
    }


def test_everything_that_is_wrong_with_a_form_is_said_at_once(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")
    for duration, text in (("soon", "is no duration"), ("99h", "at most 4 hours")):
        sent = {"entitlement": "deploy-prod-signed", "duration": duration, "justification": "it broke"}

        errors = bed.box.slack.submit("alice", sent).errors

        assert set(errors) == {"duration", "justification"}
        assert text in errors["duration"]
        assert "like CHG-42" in errors["justification"]


def test_a_signature_without_a_name_and_a_meaning_is_told_both(bed: Bed) -> None:
    request = bed.file("alice", "deploy-prod-signed")
    bed.press("bob", "approve", bed.draw(request))
    bed.press("carol", "sign", bed.draw(bed.store.request(request.id)))

    errors = bed.box.slack.submit("carol", {"printed_name": " \u200b", "meaning": " \u200b"}).errors

    assert set(errors) == {"printed_name", "meaning"}


def test_of_thousands_of_names_a_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing two texts well takes about 25 microseconds, so 6,000 names took 150 ms of every mistyped line."""
    compared: list[str] = []

    def counting(typed: str, names: list[str], **_: Any) -> list[str]:
        compared.extend(names)
        return names[:1]

    monkeypatch.setattr("difflib.get_close_matches", counting)
    names = [f"compute-admin-prod-{number}" for number in range(3000)]

    assert nearest("compte-admin-prd-1234", [*names, *(f"read logs of shard {name}" for name in names)])
    assert len(compared) <= 30
    assert "compute-admin-prod-1234" in compared


def test_answers_to_lines_are_for_the_person_alone(bed: Bed) -> None:
    body = json.loads(bed.box.slack.command("alice", "/jit launch").body)

    assert body.get("response_type", "ephemeral") == "ephemeral"
