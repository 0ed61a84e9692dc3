"""Somebody leaves: their account is deactivated in the workspace, and nobody types anything anywhere."""

from pathlib import Path

from tests.support.callers import Caller
from tests.support.running import running


def test_what_they_have_is_taken_away_and_an_outage_takes_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        held, waits, other = office.ask("alice", "admin"), office.ask("alice", "pair"), office.ask("dan", "logs")
        office.approve("bob", held)
        office.granted(held)
        office.granted(other)
        office.box.slack.faults.add("users.info", "ratelimit", times=2)
        office.ahead(seconds=61)
        office.settled()
        assert (office.grant(held), office.request(waits).state) == ("active", "pending")

        office.box.slack.change_person("alice", deleted=True)
        for _ in range(6):
            # Which account is the next one depends on where the outage found the pass.
            office.ahead(seconds=61)
            office.settled()
        office.gone(held)

        assert (office.grant(held), office.request(waits).state) == ("revoked", "withdrawn")
        assert office.grant(other) == "active"
        assert "the account of whoever asked is deactivated" in office.sees("deactivated", waits)


def test_whom_the_directory_suspends_or_deletes_has_nothing_left_by_pages_either(tmp_path: Path) -> None:
    with running(tmp_path, iap_port=0, environ={"COUNTERSIGN_DIRECTORY_USERS": "1"}) as office:
        users = office.box.google.users
        users.readable = True
        for person in ("frank@example.com", "erin@example.com", "dan@example.com"):
            users.set(person)
        waits, held = Caller(office, "frank@example.com").ask(), office.ask("dan", "logs")
        of_erin = Caller(office, "erin@example.com").ask()
        office.granted(held)
        office.ahead(seconds=61)
        office.settled()
        assert (office.request(waits).state, office.grant(held)) == ("pending", "active")
        assert office.request(of_erin).state == "pending"

        users.delete("erin@example.com")
        users.set("frank@example.com", suspended=True)
        users.set("dan@example.com", archived=True)
        office.ahead(seconds=61)
        office.settled()
        office.gone(held)

        assert (office.request(waits).state, office.grant(held)) == ("withdrawn", "revoked")
        assert office.request(of_erin).state == "withdrawn"
