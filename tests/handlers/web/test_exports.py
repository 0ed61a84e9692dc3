"""The history taken away as a file: what it holds, what it never holds, and that it is told who took it."""

import csv
import io
import json

import msgspec
import pytest

from approvals.reviews import typed
from approvals.uses.history import EXPORTED
from handlers.wording.text.cells import cell
from tests.handlers.web.conftest import ALICE, BOB, CAROL, DAN, EVE
from tests.support.damage import spoil
from tests.support.running import Running
from tests.support.visits import Answer, Browser

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "|cmd", "%0", "＝1", 'x"=1', "x;=1")


def told(office: Running) -> list[tuple[str, str]]:
    """Who took what away, by the installation's chain."""
    entries = [each for each in office.service.store.entries("") if each.action == EXPORTED]
    return [(each.actor, each.detail["form"]) for each in entries]


def rows(said: Answer) -> list[dict[str, str]]:
    assert said.body.startswith("\ufeff"), "spreadsheets take it for another encoding"
    return list(csv.DictReader(io.StringIO(said.body.removeprefix("\ufeff"), newline="")))


def test_who_is_nobody_here_takes_nothing_away_and_nothing_is_told(office: Running) -> None:
    before = told(office)
    for path in ("/export?form=csv", "/v1/export?form=csv"):
        assert office.fetch(path)[0] == 403
        assert Browser(office, "eve@elsewhere.example").get(path).status == 403
    assert told(office) == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/export", 403),
        ("/export?form=xls", 403),
        ("/export?form=csv&state=sideways", 403),
        ("/export?form=csv&who=nobody", 403),
        ("/v1/export?form=xls", 400),
        ("/v1/export?form=csv&state=sideways", 400),
        ("/v1/export?form=csv&colour=red", 400),
        ("/v1/export?form=csv&who=nobody", 403),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_told(office: Running, path: str, status: int) -> None:
    before = told(office)
    assert Browser(office, ALICE).get(path).status == status
    assert told(office) == before


def test_no_page_of_another_site_takes_a_file_in_somebody_s_name(office: Running) -> None:
    before, alice = told(office), Browser(office, ALICE)
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site}
        assert alice.get("/export?form=csv", headers=headers).status == 404
        assert alice.get("/v1/export?form=csv", headers=headers).status == 403
    assert alice.get("/export?form=csv", method="HEAD").status == 404
    assert alice.get("/v1/export?form=csv", method="HEAD").status == 405
    assert told(office) == before


def test_a_file_holds_what_its_reader_may_look_at_and_nothing_else(office: Running) -> None:
    asked, other = office.ask("alice", "narrow"), office.ask("dan", "narrow")
    before = len(told(office))

    for who, holds in ((ALICE, {asked}), (DAN, {other}), (CAROL, {asked, other}), (BOB, set()), (EVE, set())):
        page = Browser(office, who).get("/export?form=csv&entitlement=narrow")
        call = Browser(office, who).get("/v1/export?entitlement=narrow")
        found = {each["request"] for each in rows(page)}
        lines = {json.loads(line)["request"] for line in call.body.splitlines()}
        array = Browser(office, who).get("/export?form=json&entitlement=narrow")
        listed = {row["request"] for row in json.loads(array.body)}
        assert found & {asked, other} == lines & {asked, other} == listed & {asked, other} == holds, who
        assert array.headers["content-type"] == "application/json"
        assert page.headers["cache-control"] == call.headers["cache-control"] == "no-store"
        assert page.headers["content-disposition"].startswith("attachment;")
        assert page.headers["content-type"] == "text/csv; charset=utf-8"
    who_took = [(who, form) for who in (ALICE, DAN, CAROL, BOB, EVE) for form in ("csv", "jsonl", "json")]
    assert told(office)[before:] == who_took


def test_a_row_says_who_asked_for_what_why_and_what_became_of_it(office: Running) -> None:
    asked = office.ask("alice", "narrow", "INC-7 ünïcode")
    office.press("alice", "withdraw", asked)

    (row,) = (each for each in rows(Browser(office, ALICE).get(f"/export?form=csv&what={asked}")))

    assert (row["request"], row["requester"], row["state"]) == (asked, ALICE, "withdrawn")
    assert (row["resources"], row["roles"]) == ("projects/shop-prod", "roles/logging.privateLogViewer")
    assert (row["duration"], row["reason"], row["decided_by"]) == ("3600", "INC-7 ünïcode", ALICE)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    (read,) = next(csv.reader(io.StringIO(cell(formula))))[:1] or [""]
    assert not read.lstrip().startswith(("=", "+", "-", "@", "|", "%", "＝"))
    assert not any(bad in cell(formula) for bad in ('"=', ";=", "\t", "\r", "\n"))


def test_what_somebody_typed_as_a_formula_is_none_in_the_file(office: Running) -> None:
    asked = office.ask("alice", "narrow")
    record = office.request(asked)
    try:
        why = typed('=HYPERLINK("http://x","y"),a\nb', salt=record.terms.justification.salt)
        terms = msgspec.structs.replace(record.terms, justification=why)
        spoil(office.service.store, record, msgspec.json.encode(msgspec.structs.replace(record, terms=terms)))
        (row,) = rows(Browser(office, ALICE).get(f"/export?form=csv&what={asked}"))
        assert row["reason"].startswith("'=HYPERLINK")
        assert "\n" not in row["reason"]
    finally:
        spoil(office.service.store, record, msgspec.json.encode(record))


def test_what_cannot_be_read_is_a_row_that_says_so(office: Running) -> None:
    record = office.request(office.ask("alice", "narrow"))
    spoil(office.service.store, record)
    try:
        found = rows(Browser(office, ALICE).get("/export?form=csv&entitlement=narrow"))
        assert [each["state"] for each in found if each["request"] == record.id] == ["unreadable"]
    finally:
        spoil(office.service.store, record, msgspec.json.encode(record))
