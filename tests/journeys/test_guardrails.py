"""A denial wins however somebody comes, and an approval counts only in the way that a rule wants."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser

DAN = "dan@example.com"
REASON = "Dan has left the team"
FENCED = (
    POLICY.replace(
        "version: 1\n",
        f"version: 1\nguardrails: {{deny: [{{who: [{DAN}], what: ['projects/shop-data'], reason: {REASON}}}]}}\n",
    )
    + """\
  - id: own
    title: Look at the data
    resource: projects/shop-data
    roles: [roles/bigquery.dataViewer]
    requesters: ["domain:example.com"]
    approval: self
  - id: paged
    title: Change the data
    resource: projects/shop-prod
    roles: [roles/bigquery.dataEditor]
    requesters: ["group:sre"]
    approve_when: approver.channel == "web"
    approval:
      - {approvers: ["group:sre"]}
"""
)
WHY = "INC-1 disk full"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=FENCED, iap_port=0) as office:
        yield office


def by_command(office: Running, folder: Path) -> str:
    return office.box.slack.command("dan", f"/jit request own for 1h because {WHY}").body


def by_program(office: Running, folder: Path) -> str:
    said = Caller(office, DAN).post("/v1/requests", {"entitlement": "own", "duration": "1h", "justification": WHY})
    assert (said.status, said.code) == (403, "guardrail.said")
    return str(said.json)


def by_page(office: Running, folder: Path) -> str:
    browser = Browser(office, DAN)
    return browser.press(browser.get("/ask/own"), "ask", duration="1h", justification=WHY).words


def by_terminal(office: Running, folder: Path) -> str:
    desk = Desk(office, folder, "dan")
    assert desk.login("--no-keyring").exit_code == 0
    said = desk.run("request", "own", "--because", WHY)
    assert said.exit_code == 1
    return said.stderr


@pytest.mark.parametrize("way", [by_command, by_program, by_page, by_terminal])
def test_whoever_is_denied_reads_why_and_gets_nothing(
    office: Running, tmp_path: Path, way: Callable[[Running, Path], str]
) -> None:
    assert REASON in way(office, tmp_path)
    assert office.service.store.open_of(DAN) == []


def test_an_approval_that_does_not_fit_is_refused_in_words_and_one_that_does_counts(office: Running) -> None:
    request = office.ask("alice", "paged")

    assert 'approver.channel == "web"' in office.refused("bob", "approve", request)
    assert office.request(request).reviews == ()
    decided = Caller(office, "bob@example.com").decide(request)
    assert decided.status == 200, decided
    assert office.granted(request)
