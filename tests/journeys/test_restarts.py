"""The service stops and starts again, from the same store, from a backup, with another key: cards keep working."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from sandbox.slack.records import Message
from tests.support.running import Running
from tests.support.shown import buttons, words


def run(office: Running, *arguments: str | Path) -> str:
    """Run a command of ours on the files of the program, and return what it prints."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=office.environ)
    assert done.exit_code == 0, done.output
    return done.output


def test_old_buttons_work_after_a_restart_in_the_middle_of_a_request(office: Running) -> None:
    asked = office.ask("alice", "pair")
    card = office.card(asked, having="approve", by="bob")
    office.approve("bob", asked)
    office.restart()

    assert office.box.slack.press("carol", "approve", message=card).ok
    office.granted(asked)
    assert len(office.cards(asked)) == 1


def test_old_buttons_work_after_a_restart_in_the_middle_of_access(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.approve("bob", asked)
    office.granted(asked)
    office.sees("Access is active", asked)
    office.restart()

    assert office.press("alice", "end", asked).ok
    office.gone(asked)
    office.sees("Access has ended", asked)


def test_what_was_decided_just_before_a_crash_is_done_by_the_next_start(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.service.background.stop()
    office.approve("bob", asked)
    assert office.bindings(asked) == []

    office.restart()

    office.granted(asked)
    office.sees("Access is active", asked)


def test_access_that_ran_out_while_the_service_was_down_is_removed_at_the_start(office: Running) -> None:
    asked = office.ask("alice", "admin", time="30m")
    office.approve("bob", asked)
    office.granted(asked)
    office.settled()
    office.stop()
    office.clock.ahead += timedelta(minutes=31)
    office.start()

    office.gone(asked)
    office.sees("Access has ended", asked)


def test_a_restored_store_kills_older_buttons_and_draws_new_ones(office: Running, tmp_path: Path) -> None:
    asked = office.ask("alice", "admin")
    copy = tmp_path / "backup.db"
    run(office, "store", "backup", copy)
    old = office.card(asked, having="approve", by="bob")
    office.stop()
    run(office, "store", "restore", copy, "--replace")
    office.start()

    office.until(lambda: value(office, asked) != value_of(old))
    before = len(office.whispers("bob"))
    office.box.slack.state.keep(old)
    office.box.slack.press("bob", "approve", message=old)
    assert "older than the restored store" in office.until(lambda: office.whispers("bob")[before:])[-1]
    assert office.request(asked).reviews == ()


def test_a_card_of_what_was_filed_after_the_backup_says_so_to_whoever_presses(
    office: Running, tmp_path: Path
) -> None:
    run(office, "store", "backup", tmp_path / "backup.db")
    asked = office.ask("alice", "admin")
    office.card(asked, having="approve", by="bob")
    office.card(asked, having="withdraw", by="alice")
    office.settled()
    office.stop()
    run(office, "store", "restore", tmp_path / "backup.db", "--replace")
    office.start()

    assert office.refused("bob", "approve", asked).endswith("where there is none, it has to be asked for again.")
    assert "There is no such request" in office.refused("alice", "withdraw", asked)
    assert "0 of 1 done" in words(office.cards(asked)[-1])


def test_the_new_buttons_of_a_restored_store_work(office: Running, tmp_path: Path) -> None:
    asked = office.ask("alice", "admin")
    old = office.card(asked, having="approve", by="bob")
    run(office, "store", "backup", tmp_path / "backup.db")
    office.stop()
    run(office, "store", "restore", tmp_path / "backup.db", "--replace")
    office.start()
    office.until(lambda: value(office, asked) != value_of(old))

    office.approve("bob", asked)
    office.granted(asked)
    run(office, "audit", "verify")


def test_a_restored_store_finds_out_what_became_of_its_grants(office: Running, tmp_path: Path) -> None:
    asked = office.ask("alice", "admin")
    office.approve("bob", asked)
    office.granted(asked)
    office.settled()
    run(office, "store", "backup", tmp_path / "backup.db")
    office.press("alice", "end", asked)
    office.gone(asked)
    office.settled()
    office.stop()
    run(office, "store", "restore", tmp_path / "backup.db", "--replace")
    office.start()

    for _ in range(4):
        office.ahead(seconds=30)
    office.until(lambda: office.grant(asked) == "revoked")
    office.settled()
    assert office.bindings(asked) == []


def test_buttons_of_the_key_before_work_after_a_rotation(office: Running) -> None:
    one, other = office.ask("alice", "admin"), office.ask("bob", "pair")
    old = office.card(one, having="approve", by="dan")
    run(office, "key", "rotate")

    assert office.box.slack.press("dan", "approve", message=old).ok
    office.granted(one)
    office.approve("alice", other)
    office.until(lambda: key(value(office, other)) not in ("", key(value_of(old))))
    fresh = office.card(other, having="approve", by="carol")
    assert office.box.slack.press("carol", "approve", message=fresh).ok
    office.granted(other)


def test_a_lost_key_file_stops_nothing_that_runs_and_its_return_is_noticed(office: Running) -> None:
    asked = office.ask("alice", "admin")
    keys = office.folder / "signer.jwk"
    away = keys.rename(office.folder / "away.jwk")
    office.approve("bob", asked)
    office.granted(asked)
    away.rename(keys)
    office.approve("alice", office.ask("bob", "admin"))


@pytest.mark.parametrize("state", ["withdrawn", "denied"])
def test_a_card_from_before_the_decision_decides_nothing_more(office: Running, state: str) -> None:
    asked = office.ask("alice", "admin")
    old = office.card(asked, having="approve", by="bob")
    if state == "withdrawn":
        office.press("alice", "withdraw", asked)
    else:
        office.press("dan", "deny", asked)
        office.box.slack.submit("dan", {"reason": "no"})
    office.until(lambda: office.request(asked).state == state)
    office.settled()
    before = len(office.whispers("bob"))

    office.box.slack.state.keep(old)
    office.box.slack.press("bob", "approve", message=old)
    assert f"over. {state.capitalize()} by " in office.until(lambda: office.whispers("bob")[before:])[-1]
    assert office.bindings(asked) == []


def value(office: Running, request_id: str) -> str:
    """What the button of the card carries now."""
    cards = [card for card in office.cards(request_id) if "approve" in buttons(card)]
    return value_of(cards[-1]) if cards else ""


def value_of(card: Message) -> str:
    elements = card.elements()
    return str(next(element["value"] for _, element in elements if element["action_id"] == "approve"))


def key(token: str) -> str:
    """The part of a token that names its key."""
    return token.partition(".")[0]
