"""The page of numbers: for administrators and auditors alone, with a table beside every bar, for everybody."""

from collections.abc import Iterator

import pytest

from handlers.wording.history.numbers import took
from tests.handlers.web.conftest import ALICE, BOB, CAROL, EVE
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace("groups:\n", 'auditors: ["group:security"]\ngroups:\n', 1)
    with running(tmp_path_factory.mktemp("office"), policy=policy, iap_port=0) as office:
        for what, by in (("admin", "bob"), ("narrow", "carol")):
            asked = office.ask("alice", what)
            office.approve(by, asked)
            office.granted(asked)
        office.press("alice", "withdraw", office.ask("alice", "pair"))
        yield office


def test_only_whoever_looks_at_everything_learns_that_there_is_such_a_page(office: Running) -> None:
    assert office.fetch("/numbers")[0] == 403
    for who in (ALICE, BOB, EVE):
        browser = Browser(office, who)
        assert browser.get("/numbers").status == browser.get("/v1/numbers").status == 404
        assert "/numbers" not in browser.get("/").body
    assert Browser(office, CAROL).post("/numbers", {"kind": "approve"}).status == 404


def test_an_auditor_finds_and_reads_them(office: Running) -> None:
    carol = Browser(office, CAROL)
    assert 'href="/numbers"' in carol.get("/").body

    page = carol.get("/numbers")

    assert page.status == 200
    for said in (
        "Of 3 requests filed since",
        f", counted {office.clock():%Y-%m-%d}",
        "Approved 2",
        "Withdrawn 1",
        "Entitlement Requests Decided by people Half within",
        "Compute admin admin 1 1",
        "No emergencies. Asked, and not heard",
    ):
        assert said in page.words
    assert '<a href="/history?entitlement=logs">Read logs</a> <code>logs</code>' in page.body
    assert "style=" not in page.body
    assert '"outcomes":{"approved":2,"withdrawn":1}' in carol.get("/v1/numbers").body


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0, "under 1 second"), (59, "59 seconds"), (95, "2 minutes"), (7200, "2 hours")],
)
def test_a_time_is_said_no_finer_than_its_reader_needs(seconds: int | None, words: str) -> None:
    assert took(seconds) == words
