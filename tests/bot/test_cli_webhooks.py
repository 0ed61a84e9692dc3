"""`countersign app webhooks`: what applications were not told is listed, and sent again, on both stores."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result

from approvals.ids import webhook_subject
from approvals.ports.store import Store
from approvals.reconcile.webhooks import gone_key
from approvals.refusals.reasons import reason
from approvals.requests import Decision
from approvals.telling import webhooks
from tests.bot.commands import run
from tests.contracts.stores.conftest import firestore_host, new_place, place
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, action_terms, filed
from tests.support.damage import spoil

__all__ = ["firestore_host", "new_place", "place"]

DENIED = Decision(outcome="denied", at=NOW, by=("bob@example.com",))
FIRST, SECOND, TAKEN = "r-0000000001", "r-0000000002", "r-0000000003"
Command = Callable[..., Result]


def told(store: Store, request_id: str, *, taken: bool = False) -> None:
    """Store an action that was denied, and what became of the message about it."""
    request = store.create(
        filed(request_id, terms=action_terms(), state="denied", decision=DENIED), key=f"key:{request_id}"
    )
    found = webhooks.caught_up(webhooks.Told(), request)
    (message,) = found.open
    begun = webhooks.begin(message, now=NOW)
    after = (
        webhooks.taken(begun)
        if taken
        else webhooks.dead(begun, reason("webhook.silent", said="OSError: \x1b[31mno"))
    )
    lease = store.lease(
        webhook_subject("shop", request_id), owner="test", now=NOW, until=NOW + timedelta(seconds=30)
    )
    assert lease is not None
    store.save(lease, webhooks.encoded(found.having(after)))
    store.release(lease, due=None)


@pytest.fixture
def command(place: Place) -> Command:
    """Runs a command on a store with two messages that were given up, and one that was taken."""
    store = place.open()
    told(store, FIRST)
    told(store, SECOND)
    told(store, TAKEN, taken=True)
    store.create(filed("r-0000000004", terms=action_terms()), key="key:4")
    store.create(filed("r-0000000005"), key="key:5")
    store.remember(gone_key("shop"), "https://shop.example.com/")
    store.close()
    settings = place.settings() | {"COUNTERSIGN_SANDBOX": "1"}  # type: ignore[attr-defined]
    return lambda *arguments: run(*arguments, env=settings)


def open_(place: Place, request_id: str) -> list[str]:
    store = place.open()
    found = webhooks.decoded(store.recorded(webhook_subject("shop", request_id)))
    store.close()
    return [each.id for each in found.open]


@pytest.mark.parametrize("again", ["", "r-1", "../r-0000000001", "ALL", "r-000000000A"])
def test_what_is_no_request_is_not_sent(command: Command, again: str) -> None:
    assert command("app", "webhooks", "--again", again).exit_code == 2


def test_a_request_that_is_not_there_is_not_sent(command: Command) -> None:
    assert command("app", "webhooks", "--again", "r-9999999999").exit_code == 1


def test_what_is_at_work_is_left_alone(command: Command, place: Place) -> None:
    store = place.open()
    now = datetime.now(UTC)
    assert store.lease(webhook_subject("shop", FIRST), owner="another", now=now, until=now + timedelta(seconds=50))
    store.close()

    done = command("app", "webhooks", "--again", FIRST)
    assert (done.exit_code, "try again in half a minute" in done.output) == (1, True)
    assert open_(place, FIRST) == []


@pytest.mark.parametrize("request_id", [TAKEN, "r-0000000004", "r-0000000005"])
def test_what_was_not_given_up_is_not_sent_again(command: Command, place: Place, request_id: str) -> None:
    done = command("app", "webhooks", "--again", request_id)

    assert (done.exit_code, done.stdout) == (0, "0 messages will be sent again\n")
    assert open_(place, request_id) == []


def test_what_was_given_up_is_listed_with_the_reason_and_nothing_steers_the_terminal(command: Command) -> None:
    done = command("app", "webhooks")

    lines = done.stdout.splitlines()
    assert [line.split("  ")[:2] for line in lines[:-1]] == [[FIRST, "shop"], [SECOND, "shop"]]
    assert "denied" in lines[0]
    assert "given up after 1 try: No whole answer came from its receiver" in lines[0]
    assert "\x1b" not in done.stdout
    assert lines[-1].startswith("2 messages given up; --again")


def test_one_is_sent_again_under_its_id_and_its_receiver_is_called_again(command: Command, place: Place) -> None:
    assert command("app", "webhooks", "--again", FIRST).exit_code == 0

    assert (open_(place, FIRST), open_(place, SECOND)) == ([f"msg_{FIRST}_denied"], [])
    store = place.open()
    assert store.due(now=datetime.now(UTC), limit=5, kind="webhook") == [webhook_subject("shop", FIRST)]
    assert store.recall(gone_key("shop")) is None
    (entry,) = [each for each in store.entries("") if each.action == "webhook.again"]
    assert entry.detail == {"request": FIRST, "states": ["denied"]}
    assert entry.actor.startswith("os:")
    store.close()


def test_all_are_sent_again_at_once(command: Command, place: Place) -> None:
    done = command("app", "webhooks", "--again", "all")

    assert done.stdout.splitlines()[-1] == "2 messages will be sent again"
    assert [len(open_(place, each)) for each in (FIRST, SECOND, TAKEN)] == [1, 1, 0]
    assert command("app", "webhooks").stdout == "0 messages given up\n"


def test_what_cannot_be_read_is_named(command: Command, place: Place) -> None:
    store = place.open()
    spoil(store, store.request(SECOND))
    store.close()
    done = command("app", "webhooks")

    assert (done.exit_code, SECOND in done.output, FIRST in done.stdout) == (1, True, True)


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_the_report_counts_them_beside_its_rows(command: Command, form: list[str]) -> None:
    done = command("report", *form)

    assert done.exit_code == 0
    assert "2 messages to applications were given up: `countersign app webhooks`" in done.stderr
    assert "given up" not in done.stdout
