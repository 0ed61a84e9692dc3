"""A drill from the command line to the people's Slack and back, and what its button cannot be used for."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import Result

from approvals import drilling, drills
from sandbox.slack.records import Message
from tests.bot.commands import run
from tests.support.running import Running, running
from tests.support.shown import buttons, words

CALL = "This is a drill: are you there?"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office")) as office:
        yield office


class Drilled(threading.Thread):
    """The command, which waits for the people in a thread of its own."""

    def __init__(self, office: Running, *arguments: str) -> None:
        super().__init__(daemon=True)
        self._office, self._arguments = office, arguments
        self.result: Result | None = None
        self.start()

    def run(self) -> None:
        self.result = run("drill", *self._arguments, env=self._office.environ)

    def done(self) -> Result:
        self.join(60)
        assert self.result is not None
        return self.result


def calls(office: Running, who: str) -> list[Message]:
    return [message for message in office.box.slack.messages(who) if CALL in words(message)]


def called(office: Running, who: str) -> Message:
    """Wait for the newest call to a person that has its button."""
    office.service.background.wake()
    return office.until(lambda: [each for each in calls(office, who) if "here" in buttons(each)])[-1]


def shows(office: Running, who: str, what: str) -> None:
    """Wait until a message to a person says it."""
    office.service.background.wake()
    office.until(lambda: any(what in words(each) for each in office.box.slack.messages(who)))


def test_a_drill_calls_waits_and_says_what_hangs_on_whom(office: Running) -> None:
    drilled = Drilled(office, "signed", "--json")
    office.until(lambda: drilling.read(office.service.store))
    asked = office.ask("alice", "narrow")
    for who in ("bob", "alice", "dan", "carol"):
        assert office.box.slack.press(who, "here", message=called(office, who)).ok
    done = drilled.done()

    told = json.loads(done.stdout)
    assert (told["lost"], done.exit_code) == ([], 0)
    assert [each["person"].partition("@")[0] for each in told["people"]] == ["alice", "bob", "carol", "dan"]
    assert all(each["called"] and isinstance(each["answered_after"], int) for each in told["people"])
    shows(office, "bob", "You answered this drill")
    assert office.request(asked).state == "pending"
    verified = run("audit", "verify", env=office.environ)
    assert verified.exit_code == 0, verified.output


def test_who_is_silent_or_cannot_be_called_is_named_with_what_hangs_on_them(office: Running) -> None:
    store, now = office.service.store, office.clock()
    people, within = ["carol@example.com", "nobody@example.com"], timedelta(minutes=15)
    drill = drilling.begin(store, people=people, within=within, by="os:root", now=now)
    store.wake(drills.subject(drill), due=now)
    message = called(office, "carol")
    assert buttons(message) == {"here"}

    office.ahead(minutes=16)
    shows(office, "carol", "This drill is over")
    said = run("drill", "--last", env=office.environ)

    assert said.exit_code == 1
    assert "carol@example.com was called and has not answered" in said.stdout
    assert "nobody@example.com could not be called: nobody@example.com is no member" in said.stdout
    assert "without the others narrow cannot be approved: it needs 1, and none would be left" in said.stdout
    assert "signed, stage 2 of 2" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "name entitlements or --person"),
        (("narrow", "--last"), 2, "--last alone"),
        (("nothing",), 2, "has no entitlement or action nothing"),
        (("logs",), 1, "nobody is known who decides"),
        (("narrow", "--within", "soon"), 2, "is no duration"),
        (("narrow", "--within", "30s"), 2, "between 1m and 24h"),
        (("--person", "bob"), 2, "is not one plain e-mail address"),
    ],
)
def test_what_cannot_be_drilled_is_said(
    office: Running, arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = drilling.read(office.service.store)
    done = run("drill", *arguments, env=office.environ)
    assert (done.exit_code, words in done.output) == (code, True), done.output
    assert drilling.read(office.service.store) == before
