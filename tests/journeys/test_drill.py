"""A drill from the command line to the people's Slack and back, and what its button cannot be used for."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import Result

from approvals import drilling
from approvals.drills import Drill
from sandbox import links
from sandbox.slack.records import Message
from tests.bot.commands import run
from tests.support.running import Running, running
from tests.support.shown import buttons, words
from tests.support.visits import Browser, forms

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
    assert {(each["called_by"], each["answered_by"]) for each in told["people"]} == {("slack", "slack")}
    assert all(each["called"] and isinstance(each["answered_after"], int) for each in told["people"])
    shows(office, "bob", "You answered this drill")
    assert office.request(asked).state == "pending"
    verified = run("audit", "verify", env=office.environ)
    assert verified.exit_code == 0, verified.output


def test_one_person_is_called_in_the_singular(office: Running) -> None:
    drilled = Drilled(office, "--person", "bob@example.com")
    assert office.box.slack.press("bob", "here", message=called(office, "bob")).ok

    assert ": 1 person is called, until " in drilled.done().stderr


def test_who_is_silent_or_cannot_be_called_is_named_with_what_hangs_on_them(tmp_path: Path) -> None:
    people, within = ["carol@example.com", "nobody@example.com"], timedelta(minutes=15)
    # Its clock runs ahead: what a command begins, by the machine's clock, would be over there.
    with running(tmp_path) as office:
        drilling.begin(office.service.store, people=people, within=within, by="os:root", now=office.clock())
        message = called(office, "carol")
        assert buttons(message) == {"here"}

        office.ahead(minutes=16)
        shows(office, "carol", "This drill is over")
        said = run("drill", "--last", env=office.environ)

    assert said.exit_code == 1
    assert "carol@example.com was called in Slack and has not answered" in said.stdout
    assert "nobody@example.com could not be called: nobody@example.com is no member" in said.stdout
    assert "without the others narrow cannot be approved: it needs 1, and none would be left" in said.stdout
    assert "signed, stage 2 of 2" in said.stdout


NOBODY = "nobody@example.com"


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An office with pages and mail, in whose workspace one of those who are called is nobody."""
    with running(tmp_path_factory.mktemp("mailing"), iap_port=0, smtp_port=0) as office:
        yield office


def mailed(office: Running, drill: Drill) -> str:
    """Wait for the one mail of a drill; return the path that it leads to."""
    assert office.box.mailbox
    office.service.background.wake()
    inbox = office.box.mailbox
    office.until(lambda: any(drill.id in each["text"] for each in inbox.messages()))
    (mail,) = [each for each in inbox.messages() if drill.id in each["text"]]
    assert NOBODY in mail["to"]
    (link,) = links.of_mail(mail)
    return urlsplit(link).path


def drilled(office: Running, *people: str) -> Drill:
    """A new drill, in the place of the one before."""
    store = office.service.store
    before = drilling.read(store)
    if before is not None and before.lasts(office.clock()):
        office.ahead(minutes=16)
    now = office.clock()
    return drilling.begin(store, people=people, within=timedelta(minutes=15), by="os:root", now=now)


def test_whom_slack_does_not_reach_is_called_by_mail_and_answers_on_its_page_by_nothing_but_the_button(
    mailing: Running,
) -> None:
    drill = drilled(mailing, "carol@example.com", NOBODY)
    path = mailed(mailing, drill)
    reader, alice = Browser(mailing, NOBODY), Browser(mailing, "alice@example.com")
    page = reader.get(path)
    form = forms(page)["here"]

    assert "nothing is approved" in page.words
    refused = alice.get(path)
    assert (refused.status, "This drill is for somebody else" in refused.words) == (403, True)
    assert alice.post(path, form).status == 403
    assert reader.post(path, form, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert reader.post(path, {**form, "proof": "x.1.y"}).status == 409
    asked = mailing.ask("alice", "narrow")
    for other in ("d-0000000000", asked, ""):
        assert "This drill is over" in reader.get(f"/drill/{other}").words
        assert "This drill is over" in reader.post(f"/drill/{other}", form).words
    assert reader.get(path, method="HEAD").status == 200
    assert drilling.read(mailing.service.store) == drill

    for _ in range(2):
        answer = reader.post(path, form)
        assert (answer.status, answer.headers["location"]) == (303, path)
    shown = reader.get(path)
    assert "You answered this drill" in shown.words
    assert forms(shown) == {}
    assert mailing.box.slack.press("carol", "here", message=called(mailing, "carol")).ok
    told = json.loads(run("drill", "--last", "--json", env=mailing.environ).stdout)["people"]
    assert [(each["called_by"], each["answered_by"]) for each in told] == [("slack", "slack"), ("mail", "iap")]
    said = run("drill", "--last", env=mailing.environ).stdout
    assert "carol@example.com answered after" in said
    assert "s in Slack" in said
    assert "s on the page" in said
    mailing.settled()
    assert len([each for each in mailing.box.mailbox.messages() if drill.id in each["text"]]) == 1  # type: ignore[union-attr]
    assert mailing.request(asked).reviews == ()


def test_when_it_is_over_its_page_says_so_and_takes_no_answer(mailing: Running) -> None:
    drill = drilled(mailing, NOBODY)
    path, reader = mailed(mailing, drill), Browser(mailing, NOBODY)
    form = forms(reader.get(path))["here"]
    mailing.ahead(minutes=16)

    assert "This drill is over" in reader.get(path).words
    assert "This drill is over" in reader.post(path, form).words
    assert drilling.read(mailing.service.store) == drill
    said = run("drill", "--last", env=mailing.environ).stdout
    assert f"{NOBODY} was called by mail and has not answered" in said


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
