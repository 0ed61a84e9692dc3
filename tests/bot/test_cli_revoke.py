"""`countersign revoke`: beside the running service, and what it refuses."""

import os
import pwd
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approvals.absences import leave, read
from approvals.backends.stores.sqlite import open_sqlite
from approvals.people.standins import Absence
from tests.bot.commands import environment, run
from tests.support.builders import NOW, approval_terms, filed
from tests.support.damage import spoil
from tests.support.running import PROD, running


def test_it_says_what_it_needs(tmp_path: Path) -> None:
    done = run("revoke", env=environment(tmp_path))

    assert done.exit_code == 2
    assert "--person" in done.output


def test_it_takes_a_person_or_an_entitlement_and_not_both(tmp_path: Path) -> None:
    both = ("--person", "alice@example.com", "--entitlement", "admin")
    assert run("revoke", *both, env=environment(tmp_path)).exit_code == 2


def test_of_an_entitlement_everything_is_taken_but_what_cannot_be_read(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    spoilt = store.create(filed("r-spoilt0000"), key="1")
    whole = store.create(filed("r-whole00000"), key="2")
    spoil(store, spoilt)
    store.close()
    done = run("revoke", "--entitlement", whole.terms.entitlement, env=environment(tmp_path))

    assert done.exit_code == 1
    assert done.stdout.startswith("r-whole00000: ")
    assert done.stdout.endswith(": withdrawn\n")
    assert "cannot be read, so left as they are: r-spoilt0000" in done.stderr


def test_an_approval_alone_is_taken_and_no_place_is_named(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    alone = store.create(filed("r-alone00000", terms=approval_terms()), key="1")
    store.close()
    done = run("revoke", "--entitlement", alone.terms.entitlement, env=environment(tmp_path))

    assert done.stdout == f"r-alone00000: {alone.terms.title} for {alone.requester}: withdrawn\n"


@pytest.mark.parametrize("person", ["alice", "*", ""])
def test_what_is_no_address_is_unusable(tmp_path: Path, person: str) -> None:
    env = environment(tmp_path)
    open_sqlite(tmp_path / "countersign.db", now=NOW).close()
    done = run("revoke", "--person", person, env=env)

    assert done.exit_code == 2
    assert f"--person: {person!r} is not one plain e-mail address" in done.output


def test_where_there_is_no_store_nothing_is_made(tmp_path: Path) -> None:
    done = run("revoke", "--person", "alice@example.com", env=environment(tmp_path))

    assert done.exit_code == 2
    assert not (tmp_path / "countersign.db").exists()


def test_whoever_has_nothing_is_told_so(tmp_path: Path) -> None:
    env = environment(tmp_path)
    open_sqlite(tmp_path / "countersign.db", now=NOW).close()
    done = run("revoke", "--person", "Nobody@example.com", env=env)

    assert (done.exit_code, done.output) == (0, "nobody@example.com has no access here and waits for none\n")


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    """Whoever runs this in a hurry must not believe that nothing is left."""
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    spoilt = store.create(filed("r-spoilt0000"), key="1")
    store.create(filed("r-whole00000"), key="2")
    spoil(store, spoilt)
    store.close()

    done = [run("revoke", "--person", spoilt.requester, env=environment(tmp_path)) for _ in range(2)]

    assert [each.exit_code for each in done] == [1, 1]
    assert done[0].stdout.startswith("r-whole00000: ")
    assert done[1].stdout == ""
    assert all("not all is taken: 1 request cannot be read (r-spoilt0000)" in each.stderr for each in done)


@pytest.mark.parametrize("whose", [("--person", "alice@example.com"), ("--entitlement", "admin")])
def test_beside_the_running_service_all_of_it_ends(
    whose: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        waiting = office.ask("alice", "admin")
        why = ("--because", "left the company")
        done = run("revoke", *whose, *why, env=environment(tmp_path))

        assert done.exit_code == 0
        lines = {line.partition(":")[0]: line.rpartition(": ")[2] for line in done.output.splitlines()}
        assert lines == {asked: "ended", waiting: "withdrawn"}
        office.until(lambda: not office.box.google.policies()[PROD].get("bindings"))
        actors = {entry.actor for entry in office.service.store.entries(waiting)}
    assert f"os:{pwd.getpwuid(os.getuid()).pw_name}" in actors


@pytest.mark.parametrize("who", ["bob@example.com", "carol@example.com"])
def test_nobody_stands_in_for_whom_everything_is_taken_from_nor_they_for_others(tmp_path: Path, who: str) -> None:
    store, now = open_sqlite(tmp_path / "countersign.db", now=NOW), datetime.now(UTC)
    absence = Absence(
        person="bob@example.com", delegate="carol@example.com", since=now, until=now + timedelta(days=1)
    )
    leave(store, absence, now=now)
    store.close()

    done = run("revoke", "--person", who, env=environment(tmp_path))

    assert (done.exit_code, done.output) == (0, "carol@example.com stands in for bob@example.com no more\n")
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    assert read(store)[1] == ()
    store.close()
