"""The policy file is edited while requests wait: it can refuse or demand more; a broken one changes nothing."""

import logging
from pathlib import Path

import pytest

from tests.support.running import POLICY, Running, running

SRE = "[alice@example.com, bob@example.com, dan@example.com]"


def edit(office: Running, text: str) -> None:
    """Save another policy and wait until it was looked at."""
    before = office.service.policy.current().digest
    office.policy_file.write_text(text)
    office.until(lambda: office.service.policy.current().digest != before)


def test_an_approver_who_was_taken_out_can_no_longer_decide(office: Running) -> None:
    asked = office.ask("alice", "admin")
    edit(office, POLICY.replace(SRE, "[alice@example.com, dan@example.com]"))

    assert "not an approver" in office.refused("bob", "approve", asked)
    assert office.request(asked).reviews == ()
    office.approve("dan", asked)
    office.granted(asked)


def test_an_approval_by_somebody_who_was_taken_out_counts_no_more(office: Running) -> None:
    asked = office.ask("alice", "pair")
    office.approve("bob", asked)
    edit(office, POLICY.replace(SRE, "[alice@example.com, dan@example.com]"))
    office.approve("carol", asked)
    office.settled()
    assert office.request(asked).state == "pending"

    office.approve("dan", asked)

    office.granted(asked)
    assert office.request(asked).decision.by == ("carol@example.com", "dan@example.com")  # type: ignore[union-attr]


def test_a_policy_that_demands_more_people_holds_for_requests_that_wait(office: Running) -> None:
    asked = office.ask("alice", "admin")
    edit(office, POLICY.replace('"group:security"], needed: 1}', '"group:security"], needed: 2}', 1))
    office.approve("bob", asked)
    office.settled()
    assert office.request(asked).state == "pending"

    office.approve("carol", asked)
    office.granted(asked)


def test_a_policy_that_demands_less_does_not_complete_what_was_frozen(office: Running) -> None:
    asked = office.ask("alice", "pair")
    office.approve("bob", asked)
    edit(office, POLICY.replace("needed: 2}", "needed: 1}"))
    office.settled()
    assert office.request(asked).state == "pending"
    assert office.bindings(asked) == []


def test_a_request_that_the_policy_offers_no_more_expires(office: Running) -> None:
    asked = office.ask("alice", "narrow")
    start, end = POLICY.index("  - id: narrow"), POLICY.index("  - id: logs")
    edit(office, POLICY[:start] + POLICY[end:])

    office.sees("Expired", asked)
    assert office.request(asked).reviews == ()
    assert office.bindings(asked) == []


def test_a_broken_file_leaves_the_policy_before_in_force_and_says_where_it_is_broken(
    office: Running, caplog: pytest.LogCaptureFixture
) -> None:
    good = office.service.policy.current()
    with caplog.at_level(logging.ERROR):
        office.policy_file.write_text(POLICY.replace("version: 1", "version: 1\nnonsense: true"))
        office.until(lambda: "nonsense" in caplog.text)
    assert f"{office.policy_file}:2:1" in caplog.text
    assert office.service.policy.current() is good

    asked = office.ask("alice", "admin")
    office.approve("bob", asked)
    office.granted(asked)

    edit(office, POLICY.replace("Compute admin", "Compute administration"))
    again = office.ask("bob", "admin")
    assert office.request(again).terms.title == "Compute administration"


def test_a_broken_file_at_the_start_leaves_the_last_good_policy_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as office:
        good = office.service.policy.current().digest
        office.stop()
        office.policy_file.write_text("version: 1\nentitlements: 7\n")
        with caplog.at_level(logging.ERROR):
            office.start()
        assert office.service.policy.current().digest == good
        assert f"{office.policy_file}:2:15" in caplog.text
        assert f"the last good policy stays in force: {good}" in caplog.text

        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)


def test_every_policy_that_was_in_force_is_on_record(office: Running) -> None:
    first = office.service.policy.current().digest
    edit(office, POLICY.replace("needed: 2}", "needed: 1}"))
    second = office.service.policy.current().digest
    loaded = [
        entry.detail["digest"] for entry in office.service.store.entries("") if entry.action == "policy.loaded"
    ]
    assert loaded == [first, second]
    office.restart()
    assert [e.action for e in office.service.store.entries("")].count("policy.loaded") == 2
