"""An emergency from its declaration to its review, on pages and by programs, through the whole program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.callers import Caller, Said
from tests.support.desk import Desk
from tests.support.frozen import freeze_part, thaw_part
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser, forms

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))
GLASS = (
    POLICY
    + """\
  - id: glass
    title: Break glass on production
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["group:sre"]
    approval: break_glass
    break_glass: {max: 1h, review: {by: ["group:security"], within: 3d}}
"""
)
TYPED = {"duration": "30m", "justification": "INC-1 the site is down"}
ASK = "/v1/requests"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=GLASS, iap_port=0) as office:
        yield office


def declared(office: Running, who: str, *, entitlement: str = "glass", **more: Any) -> Said:
    body = {"entitlement": entitlement, "duration": "30m", "justification": "INC-1 the site is down"}
    return Caller(office, who).post(ASK, body | more)


def found(office: Running, who: str, request: str, **body: Any) -> Said:
    return Caller(office, who).post(f"{ASK}/{request}/after_review", body)


def test_a_program_declares_it_and_another_one_reviews_it(office: Running) -> None:
    silent = declared(office, ALICE)
    assert (silent.status, silent.code, silent.field) == (422, "break_glass", "break_glass")
    other = declared(office, ALICE, entitlement="logs", break_glass=True)
    assert (other.status, other.code) == (422, "break_glass.none")
    assert office.service.store.open_of(ALICE) == []

    filed = declared(office, ALICE, break_glass=True)
    assert filed.status == 201, filed
    request = filed.json["id"]
    assert office.granted(request)
    again = declared(office, ALICE, break_glass=True)
    assert (again.status, again.code) == (409, "unreviewed")

    assert found(office, BOB, request, justified=True, reason="It was").status == 404
    assert found(office, ALICE, request, justified=True, reason="It was").code == "after_review.self"
    assert found(office, CAROL, request, justified=True, reason=" ").code == "reason"
    seen = Caller(office, CAROL).get(f"{ASK}/{request}").json
    assert seen["you"]["can"] == ["after_review", "end"]
    assert (seen["break_glass"]["justified"], seen["break_glass"]["reviewers"]) == (None, ["group:security"])
    waiting = Caller(office, CAROL).get(f"{ASK}?list=waiting").json["items"]
    assert request in [each["id"] for each in waiting]

    done = found(office, CAROL, request, justified=False, reason="Nothing was down")
    assert done.status == 200, done
    told = Caller(office, ALICE).get(f"{ASK}/{request}").json["break_glass"]
    assert (told["justified"], told["by"], told["reason"]) == (False, CAROL, "Nothing was down")
    assert declared(office, ALICE, break_glass=True).status == 201


def test_a_page_asks_a_second_time_and_another_page_reviews_it(office: Running) -> None:
    bob, carol, before = Browser(office, BOB), Browser(office, CAROL), office.service.store.open_of(BOB)
    first = bob.get("/ask/glass")
    confirm = bob.press(first, "ask", **TYPED)
    assert confirm.status == 200
    assert "Is this an emergency?" in confirm.words
    assert "INC-1 the site is down" in confirm.words

    proof = forms(first)["ask"]["proof"]
    forged = bob.post("/ask/glass", TYPED | {"kind": "break_glass", "proof": proof})
    assert forged.status == 409
    back = bob.post("/ask/glass", forms(confirm)["break_glass"] | {"back": "yes"})
    assert "INC-1 the site is down" in back.body
    assert {each.id for each in office.service.store.open_of(BOB)} <= {each.id for each in before}

    pressed = bob.press(confirm, "break_glass")
    assert pressed.status == 303, pressed.words
    request = pressed.headers["location"].rpartition("/")[2]
    own = bob.get(f"/request/{request}")
    assert "Break-glass, not reviewed yet" in own.words
    assert "justified" not in forms(own)

    page = carol.get(f"/request/{request}")
    empty = carol.press(page, "unjustified", reason=" ")
    assert empty.status == 409
    assert "Say why it was justified" in empty.words
    assert carol.press(page, "unjustified", reason="Nothing was down").status == 303
    after = bob.get(f"/request/{request}")
    assert "Break-glass, not justified" in after.words
    assert "carol@example.com reviewed the emergency: not justified" in after.words
    assert "Nothing was down" in after.words


def test_reviewers_and_the_channel_hear_of_it_and_its_card_reviews_it(office: Running) -> None:
    request = declared(office, DAN, break_glass=True).json["id"]
    office.press("carol", "justified", request)
    assert office.box.slack.submit("carol", {"reason": "The graphs were flat"}).ok

    told = office.told("dan", "found it justified")
    assert request in told
    assert "The graphs were flat" in told


def test_a_terminal_says_so_by_a_flag_and_reviews_it(office: Running, tmp_path: Path) -> None:
    dan, carol = (Desk(office, tmp_path / who, who) for who in ("dan", "carol"))
    assert dan.login("--no-keyring").exit_code == carol.login("--no-keyring").exit_code == 0
    given = ("request", "glass", "--because", "INC-1 the site is down")
    silent = dan.run(*given)
    assert (silent.exit_code, "--break-glass" in silent.stderr) == (1, True)

    filed = dan.json(*given, "--break-glass")["id"]
    assert carol.run("review", filed, "--because", "It was", "--yes").exit_code == 2
    assert dan.run("review", filed, "--justified", "--because", "It was", "--yes").exit_code == 1
    done = carol.run("review", filed, "--not-justified", "--because", "Nothing was down", "--yes")
    assert done.exit_code == 0, done.output
    assert "Break-glass, not justified" in dan.run("status", filed).stdout


def test_a_reviewer_who_is_frozen_is_offered_no_review_and_can_end_it(office: Running) -> None:
    request = declared(office, BOB, break_glass=True).json["id"]
    office.until(lambda: office.grant(request) == "active")
    freeze_part(office.service.store, "person", CAROL, now=office.clock())

    assert set(forms(Browser(office, CAROL).get(f"/request/{request}"))) == {"end"}
    assert Caller(office, CAROL).get(f"{ASK}/{request}").json["you"]["can"] == ["end"]
    assert found(office, CAROL, request, justified=True, reason="It was").code == "frozen.you"

    thaw_part(office.service.store, "person", CAROL, now=office.clock())
    assert found(office, CAROL, request, justified=True, reason="It was").status == 200
    assert Caller(office, CAROL).post(f"{ASK}/{request}/end", {"reason": "it is over"}).status == 200
