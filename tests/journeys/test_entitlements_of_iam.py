"""What IAM offers, by each way in: the form and a line in Slack, the page, and `/v1`; and what they refuse."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.google import Fault
from tests.journeys.test_by_mail import kinds, mails, path_of
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.eligible import ADMIN, JIT, VIEWER, mark, unmark
from tests.support.running import POLICY, PROD, Running, running
from tests.support.shown import view_words, words
from tests.support.visits import Browser

SOURCE = f"""\
sources:
  jit_access:
    scope: {PROD}
    duration: {{default: 1h, max: 2h}}
"""
SILENT = "Google does not say now all that IAM offers"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=POLICY + SOURCE, iap_port=0) as made:
        mark(made.box.google, ADMIN, "user:alice@example.com", "user:bob@example.com", on=PROD)
        mark(made.box.google, VIEWER, "user:alice@example.com", by=JIT, on=PROD)
        yield made


@pytest.fixture(autouse=True)
def read(office: Running) -> None:
    """What IAM offers was read once: whoever looks first may not wait for so long as the first call takes."""
    office.until(lambda: offered(office, "alice", "iam."))


def offered(office: Running, who: str, query: str) -> list[str]:
    """The ids that the form's list has for some words."""
    office.box.slack.command(who, "/jit")
    found = office.box.slack.suggest(who, "entitlement", query)
    assert found.ok, found
    return [option["value"] for option in found.options]


def by_form(office: Running) -> str:
    (name,) = offered(office, "alice", "iam. compute.admin")
    sent = office.box.slack.submit("alice", {"entitlement": name, "duration": "1h", "justification": "INC-1"})
    assert sent.ok, sent
    return office.service.store.open_of("alice@example.com")[0].id


def by_line(office: Running) -> str:
    return office.ask("alice", "compute.admin on shop-prod")


def by_page(office: Running) -> str:
    alice = Browser(office, "alice@example.com")
    listed = alice.get("/ask/?q=" + quote("compute admin shop-prod"))
    (path,) = [part.split('"')[0] for part in listed.body.split('href="')[1:] if part.startswith("/ask/iam.")]
    form = alice.get(path)
    assert "bob@example.com" in form.words
    sent = alice.press(form, "ask", duration="1h", justification="INC-1")
    return sent.headers["location"].rpartition("/")[2]


def by_call(office: Running) -> str:
    alice = Caller(office, "alice@example.com")
    (found,) = alice.get("/v1/entitlements?q=iam.%20compute.admin").json["items"]
    return alice.ask(found["id"])


@pytest.mark.parametrize("way", [by_form, by_line, by_page, by_call])
def test_it_is_asked_for_approved_by_a_peer_and_granted(office: Running, way: Callable[[Running], str]) -> None:
    request = way(office)
    assert office.request(request).terms.title == "Compute Admin on shop-prod"
    assert "not an approver" in office.refused("dan", "approve", request)
    assert "your own request" in office.refused("alice", "approve", request)
    office.approve("bob", request)

    (binding,) = office.granted(request)
    assert (binding["role"], binding["members"]) == (ADMIN, ["user:alice@example.com"])


@pytest.mark.parametrize("way", [by_form, by_line, by_page, by_call])
def test_a_binding_that_is_gone_lets_nobody_approve(office: Running, way: Callable[[Running], str]) -> None:
    request = way(office)
    unmark(office.box.google, ADMIN, on=PROD)
    office.ahead(seconds=61)

    assert "IAM does not offer this" in office.refused("bob", "approve", request)
    assert office.request(request).reviews == ()
    assert office.bindings(request) == []


def test_who_is_not_eligible_is_offered_nothing_by_any_way(office: Running) -> None:
    alices = offered(office, "alice", "iam.")
    assert len(alices) == 2
    assert offered(office, "dan", "iam.") == []
    dan = Browser(office, "dan@example.com")
    assert "Nothing that you may ask for" in dan.get("/ask/?q=iam.").words
    assert [dan.get(f"/ask/{name}").status for name in alices] == [404, 404]
    caller = Caller(office, "dan@example.com")
    assert caller.get("/v1/entitlements?q=iam.").json["items"] == []
    for name in alices:
        said = caller.post("/v1/requests", {"entitlement": name, "duration": "1h", "justification": "INC-1"})
        assert (said.status, said.json["code"]) == (403, "requester")
    line = office.box.slack.command("dan", "/jit request compute.admin on shop-prod for 1h because INC-1")
    assert "r-" not in line.body
    assert office.service.store.open_of("dan@example.com") == []


def test_iam_s_silence_is_said_and_the_files_entitlements_stay(office: Running) -> None:
    (name,) = offered(office, "alice", "iam. run.viewer")
    for method in ("batchGet", "searchAllIamPolicies", "searchAllResources", "projects.search"):
        office.box.google.faults.set(Fault(method=method, status=503, times=10_000))
    office.clock.ahead += office.clock.ahead.__class__(hours=2)
    alice, caller = Browser(office, "alice@example.com"), Caller(office, "alice@example.com")

    assert "logs" in offered(office, "alice", "")
    assert offered(office, "alice", "no such words") == offered(office, "alice", "")
    labelled = office.box.slack.suggest("alice", "entitlement", "no such words").body
    assert "Nothing fits, and IAM does not say all" in labelled
    listed = alice.get("/ask/")
    assert SILENT in listed.words
    assert "Read logs" in listed.words
    by_call = caller.get("/v1/entitlements").json
    assert by_call["more"] is True
    assert SILENT in by_call["partly"]
    assert SILENT in office.box.slack.command("alice", "/jit why").body
    assert alice.get(f"/ask/{name}").status == 503
    said = caller.post("/v1/requests", {"entitlement": name, "duration": "1h", "justification": "INC-1"})
    assert said.status == 503
    for typed in ("run.viewer on shop-prod", name):
        told = office.box.slack.command("alice", f"/jit request {typed} for 1h because INC-1").body
        assert "Google does not say now what IAM offers" in told
    assert "Google does not say now what IAM offers" in said.json["detail"]
    assert office.service.store.open_of("alice@example.com") == []
    assert office.ask("alice", "admin")


def test_a_binding_of_very_many_peers_is_asked_for_as_any_other(office: Running) -> None:
    crowd = [f"user:person-{number}@example.com" for number in range(300)]
    mark(office.box.google, "roles/run.admin", "user:alice@example.com", "user:bob@example.com", *crowd, on=PROD)
    request = office.ask("alice", "run.admin on shop-prod")
    office.approve("bob", request)

    assert len(office.granted(request)) == 1


def test_why_explains_what_the_gate_asks(office: Running) -> None:
    said = office.box.slack.command("alice", "/jit why compute.admin on shop-prod").body

    assert "Compute Admin on shop-prod" in said
    assert "bob@example.com" in said
    assert "compute.admin" in said


def test_alone_means_access_at_once_and_the_card_says_so(office: Running) -> None:
    line = office.box.slack.command("alice", "/jit request run.viewer on shop-prod for 30m because INC-1")
    request = office.filed(line)
    (binding,) = office.granted(request)

    assert binding["role"] == VIEWER
    assert any("Cloud Run Viewer on shop-prod" in words(each) for each in office.cards(request))


def test_whoever_asks_is_named_nowhere_among_those_who_could_approve(office: Running) -> None:
    form = office.box.slack.command("alice", "/jit request compute.admin on shop-prod for 99h because INC-1").body
    page = Browser(office, "alice@example.com")
    (name,) = offered(office, "alice", "iam. compute.admin")
    request = office.ask("alice", "compute.admin on shop-prod")
    caller = Caller(office, "alice@example.com")
    (stage,) = caller.get(f"/v1/requests/{request}").json["stages"]
    (listed,) = caller.get("/v1/entitlements?q=iam.%20compute.admin").json["items"]
    why = office.box.slack.command("alice", "/jit why compute.admin on shop-prod").body
    said = (
        *(words(each) for each in office.cards(request)),
        page.get(f"/ask/{name}").words,
        page.get(f"/request/{request}").words,
        office.refused("dan", "approve", request),
        why.rpartition("Approval, stage")[2],
        listed["approval"],
        form,
    )

    assert stage["approvers"] == ["user:bob@example.com"]
    for each in said:
        assert not re.search(r"(alice@example\.com(, | or )bob)|(bob@example\.com or alice)", each), each


def test_what_fits_several_is_named_by_its_title(office: Running) -> None:
    mark(office.box.google, ADMIN, "user:alice@example.com", by=f'{JIT} && resource.name == "x"', on=PROD)
    office.ahead(seconds=61)
    sent = office.box.slack.command("alice", "/jit request compute.admin on shop-prod for 1h because INC-1")
    said = json.dumps(sent.view)

    assert "fits several: Compute Admin on shop-prod, with a condition (iam.shop-prod." in said
    assert ", Compute Admin on shop-prod (iam.shop-prod." in said


RULES = [f'resource.name.startsWith("projects/_/buckets/{each}")' for each in ("logs", "other")]


def narrowed(office: Running, *rules: str) -> list[dict[str, Any]]:
    """Make Alice eligible for one role under each condition, and wait until her form lists all of them."""
    for rule in rules:
        mark(office.box.google, ADMIN, "user:alice@example.com", by=f"{JIT} && {rule}", on=PROD)
    office.ahead(minutes=10)
    slack = office.box.slack
    assert slack.command("alice", "/jit").ok

    def listed() -> list[dict[str, Any]]:
        found = slack.suggest("alice", "entitlement", "iam.").options
        said = [each for each in found if "with a condition" in each["text"]["text"]]
        return said if len(said) == len(rules) else []

    return office.until(listed)


def test_two_whose_titles_are_one_are_told_apart_by_their_conditions(office: Running) -> None:
    options = narrowed(office, *RULES)
    listed = Browser(office, "alice@example.com").get("/ask/?q=iam.").words
    line = office.box.slack.command("alice", "/jit why compute.admin").body

    assert sorted(each["description"]["text"] for each in options) == [f"Only where {rule}" for rule in RULES]
    for rule in RULES:
        assert f"Compute Admin on shop-prod, with a condition : only where {rule}" in listed
        assert json.dumps(f", only where {rule})")[1:-1] in line


def test_the_form_says_under_which_condition_it_is(office: Running) -> None:
    (option,) = narrowed(office, RULES[0])

    office.box.slack.choose("alice", "entitlement", option["value"])

    assert f"Only where: {RULES[0]}" in view_words(office.box.slack.view("alice"))


def by_terminal(office: Running, folder: Path) -> str:
    desk = Desk(office, folder / "alice", "alice")
    assert desk.login("--no-keyring").exit_code == 0
    (name,) = offered(office, "alice", "iam. compute.admin")
    return desk.asked(name)


def test_by_the_command_line_it_is_asked_for_approved_and_refused_alike(office: Running, tmp_path: Path) -> None:
    request = by_terminal(office, tmp_path)
    bob, dan = (Desk(office, tmp_path / who, who) for who in ("bob", "dan"))
    for each in (bob, dan):
        assert each.login("--no-keyring").exit_code == 0
    # Who may not decide learns nothing of it, as with the file's.
    assert dan.run("approve", request, "--yes").exit_code == 1
    assert office.request(request).reviews == ()
    unmark(office.box.google, ADMIN, on=PROD)
    office.ahead(seconds=61)
    # Nor does who is eligible no more: to them it is none of theirs.
    assert bob.run("approve", request, "--yes").exit_code == 1
    assert office.request(request).reviews == ()
    mark(office.box.google, ADMIN, "user:alice@example.com", "user:bob@example.com", on=PROD)
    office.ahead(seconds=61)
    again = by_terminal(office, tmp_path) if office.request(request).state != "pending" else request
    done = bob.run("approve", again, "--yes")
    assert done.exit_code == 0, done.output

    assert len(office.granted(again)) == 1


def test_by_a_mail_s_link_peers_approve_and_where_the_binding_is_gone_nobody_does(tmp_path: Path) -> None:
    with running(tmp_path, policy=POLICY + SOURCE, iap_port=0, smtp_port=0) as office:
        mark(office.box.google, ADMIN, "user:alice@example.com", "user:bob@example.com", on=PROD)
        office.until(lambda: offered(office, "alice", "iam."))
        first, second = by_line(office), ""
        office.ahead(minutes=10)
        bob, dan = (Browser(office, f"{who}@example.com") for who in ("bob", "dan"))
        path = path_of(mails(office, "bob@example.com", first)[0])
        assert not kinds(dan.get(path)) & {"approve", "sign"}
        page = bob.get(path)
        unmark(office.box.google, ADMIN, on=PROD)
        office.ahead(seconds=61)
        assert bob.press(page, "approve").status == 404  # it is none of theirs any more
        assert office.request(first).reviews == ()
        mark(office.box.google, ADMIN, "user:alice@example.com", "user:bob@example.com", on=PROD)
        office.ahead(seconds=61)
        second = first if office.request(first).state == "pending" else by_line(office)
        if second != first:
            office.ahead(minutes=10)
        page = bob.get(path_of(mails(office, "bob@example.com", second)[0]))
        assert bob.press(page, "approve").status == 303

        assert len(office.granted(second)) == 1
