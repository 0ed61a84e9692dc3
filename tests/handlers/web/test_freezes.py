"""Administrators freeze and thaw by every way in, and say why; what is refused them is refused by each of them."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from approvals.freezes import freezing, parting
from approvals.parts import Part
from approvals.reviews import typed
from tests.handlers.web.conftest import ALICE, BOB, CAROL, DAN
from tests.handlers.web.freezing import NO_ENTITLEMENT, REFUSED, SMITH, Move
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import Running, running
from tests.support.shop import POLICY
from tests.support.visits import Answer, Browser, forms

ADMINS = f'{POLICY}administrators: ["group:security", {DAN}]\n'.replace(
    "identity: {domains: [example.com]}", f"identity: {{domains: [example.com], aliases: {{{DAN}: [{SMITH}]}}}}"
)


class Place(NamedTuple):
    """A running service, and the terminals of those who signed in to it."""

    office: Running
    desks: Mapping[str, Desk]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=ADMINS, iap_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def place(office: Running, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("desks")
    desks = {who: Desk(office, folder / who, who.partition("@")[0]) for who in (BOB, CAROL, DAN)}
    for desk in desks.values():
        assert desk.login("--no-keyring").exit_code == 0
    return Place(office, desks)


@pytest.fixture(autouse=True)
def thawed(place: Place) -> Iterator[None]:
    yield
    store, now = place.office.service.store, place.office.clock()
    freezing.thaw(store, by="os:root", why=None, now=now)
    for part in parting.read(store).parts:
        parting.thaw(store, part.kind, part.name, by="os:root", why=None, now=now)


class Done(NamedTuple):
    """What somebody is told. `code` is empty where it is done, and a way that has none says a question mark."""

    code: str
    said: str


def by_page(place: Place, who: str, move: Move) -> Done:
    browser = Browser(place.office, who)
    page = browser.get("/freezes")
    if page.status == 404:
        sent: Answer = browser.post("/freezes", {"kind": move.of, "name": move.name, "reason": move.why})
        assert sent.status == 404
        return Done("not_found", sent.words)
    kind = "thaw" if move.move == "thaw" else move.of
    own = next(form for name, form in forms(page).items() if (name == "thaw") == (kind == "thaw"))
    form = {"kind": kind, "proof": own["proof"]}
    sent = browser.post("/freezes", {**form, "of": move.of, "name": move.name, "reason": move.why})
    if sent.status == 303:
        return Done("", browser.get("/freezes").words)
    assert sent.status == 409
    if move.move == "freeze":
        # Nothing that was typed is lost.
        assert f'value="{move.name}"' in sent.body or not move.name
        assert move.why in sent.body
    return Done("?", sent.words)


def by_call(place: Place, who: str, move: Move) -> Done:
    body = {"of": move.of, "name": move.name, "reason": move.why}
    path = {"freeze": "/v1/freezes", "thaw": "/v1/thaws"}[move.move]
    said = Caller(place.office, who).post(path, body)
    if said.status == 200:
        return Done("", str(said.json))
    return Done(said.code, " ".join(one["detail"] for one in said.json.get("errors", [said.json])))


def by_terminal(place: Place, who: str, move: Move) -> Done:
    named = {"everything": (), "person": ("--person", move.name), "entitlement": ("--entitlement", move.name)}
    done = place.desks[who].run(move.move, *named[move.of], "--because", move.why, "--signed-in")
    assert done.exit_code in (0, 1), done.output
    return Done("?" if done.exit_code else "", done.output)


WAYS: dict[str, Callable[[Place, str, Move], Done]] = {
    "page": by_page,
    "call": by_call,
    "terminal": by_terminal,
}


def frozen(place: Place) -> Mapping[str, str]:
    """By its name what is frozen, and by whom."""
    store = place.office.service.store
    epoch = freezing.read(store)
    found = {part.name: part.by for part in parting.read(store).parts}
    return found | ({"": epoch.last.by} if epoch.frozen else {})


def freeze(place: Place, of: Any, name: str) -> None:
    store, now, why = place.office.service.store, place.office.clock(), typed("INC-1", salt="s" * 16)
    if of == "everything":
        freezing.freeze(store, by=ALICE, why=why, now=now)
    else:
        addresses = (name,) if of == "person" else ()
        parting.freeze(store, Part(kind=of, name=name, addresses=addresses, by=ALICE, at=now, reason=why), now=now)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_refused_by_every_way_in_and_changes_nothing(place: Place, what: str, way: str) -> None:
    who, move, (code, said), before = REFUSED[what]
    for of, name in before:
        freeze(place, of, name)
    entries, stands = place.office.service.store.entries(""), frozen(place)

    done = WAYS[way](place, who, move)

    assert done.code in (code, "?") or what == "all that is wrong at once"
    assert said in done.said
    assert NO_ENTITLEMENT[1] in done.said or what != "all that is wrong at once"
    assert frozen(place) == stands
    assert len(place.office.service.store.entries("")) == len(entries)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("of", "name", "kept"),
    [("entitlement", "admin", "admin"), ("person", SMITH.upper(), DAN), ("everything", "", "")],
)
def test_an_administrator_freezes_and_another_one_thaws_and_both_are_in_the_audit(
    place: Place, way: str, of: str, name: str, kept: str
) -> None:
    store = place.office.service.store
    before = len(store.entries(""))

    assert WAYS[way](place, CAROL, Move("freeze", of, name, "INC-9 looks odd")).code == ""

    assert frozen(place) == {kept: CAROL}
    page = Browser(place.office, CAROL).get("/freezes").words
    assert re.search(rf"{kept or 'Everything'} ?, since .{{10,40}}, by carol@example.com INC-9 looks odd", page)
    told = Caller(place.office, CAROL).get("/v1/freezes").json["items"]
    assert [(each["of"], each["name"], each["by"], each["reason"]) for each in told] == [
        (of, kept, CAROL, "INC-9 looks odd")
    ]
    assert f"{kept or 'Everything'} is frozen, since 20" in place.desks[CAROL].run("freezes").output

    thaws = CAROL if of == "person" else DAN
    assert WAYS[way](place, thaws, Move("thaw", of, kept, "it was nothing")).code == ""
    assert frozen(place) == {}
    moves = [(entry.actor, entry.action) for entry in store.entries("")[before:]]
    part = "part." if kept else ""
    assert moves == [(CAROL, f"{part}frozen"), (thaws, f"{part}thawed")]
    assert "odd" not in str(store.entries(""))
    assert store.held("").faults == ()


def test_administrators_find_the_page_and_nobody_else_does(place: Place) -> None:
    assert 'href="/freezes"' in Browser(place.office, CAROL).get("/").body
    for who in (ALICE, BOB):
        assert "/freezes" not in Browser(place.office, who).get("/").body
        assert Browser(place.office, who).get("/freezes").status == 404
        assert Caller(place.office, who).get("/v1/freezes").code == "not_found"
        # Who may not freeze learns nothing from what they send either.
        assert Caller(place.office, who).post("/v1/freezes", {"of": "nonsense"}).code == "not_found"
    assert place.desks[BOB].run("freezes").exit_code == 1


def test_what_can_be_frozen_is_offered_by_its_title_and_people_by_their_address(place: Place) -> None:
    page = Browser(place.office, CAROL).get("/freezes").body

    assert '<option value="admin">Compute admin</option>' in page
    assert {f'<option value="{who}"></option>' in page for who in (ALICE, BOB, CAROL, DAN)} == {True}
    assert page.count("Freeze everything") == 2  # what it is called, and its button

    assert by_page(place, CAROL, Move("freeze", "entitlement", "admin")).code == ""
    assert "Compute admin admin , since 20" in Browser(place.office, CAROL).get("/freezes").words
    assert by_page(place, CAROL, Move("thaw", "entitlement", "admin")).code == ""


def test_a_form_of_another_page_or_person_freezes_nothing(place: Place) -> None:
    carol, dan = Browser(place.office, CAROL), Browser(place.office, DAN)
    own = forms(carol.get("/freezes"))["everything"]["proof"]
    sent = {"kind": "everything", "reason": "INC-9"}

    assert dan.post("/freezes", {**sent, "proof": own}).status == 409
    assert carol.post("/freezes", {**sent, "proof": own}, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert carol.post("/freezes", {**sent, "kind": "nonsense", "proof": own}).status == 409

    assert frozen(place) == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"of": "nothing"}, "of"),
        ({"of": "person"}, "name"),
        ({"of": "everything", "name": "admin", "reason": "INC"}, "name"),
        ({"of": "person", "name": "b" * 201}, "name"),
        ({"of": "person", "name": BOB, "reason": "x" * 1001}, "reason"),
        ({"name": BOB}, "of"),
    ],
)
def test_a_call_that_does_not_say_what_it_freezes_is_told_which_member_is_to_blame(
    place: Place, body: Mapping[str, str], field: str
) -> None:
    said = Caller(place.office, CAROL).post("/v1/freezes", body)

    assert (said.status, said.field) == (422, field)
    assert frozen(place) == {}


def test_a_call_whose_answer_was_lost_is_answered_again_and_moves_nothing_twice(place: Place) -> None:
    carol = Caller(place.office, CAROL)
    body = {"of": "person", "name": BOB, "reason": "INC-9"}

    first = carol.post("/v1/freezes", body, key='"k1"')
    again = carol.post("/v1/freezes", body, key='"k1"')
    lifted = carol.post("/v1/thaws", body, key='"k2"')
    anew = carol.post("/v1/thaws", body, key='"k2"')

    assert first.json == again.json
    assert lifted.json == anew.json == first.json
    assert (again.headers["idempotent-replayed"], anew.headers["idempotent-replayed"]) == ("true", "true")
    assert carol.post("/v1/freezes", {**body, "reason": "INC-8"}, key='"k1"').code == "idempotency.reused"
    assert frozen(place) == {}


def test_what_is_frozen_on_the_page_is_refused_and_who_is_frozen_reads_it_of_themselves(place: Place) -> None:
    assert by_page(place, CAROL, Move("freeze", "person", DAN, "a stolen laptop")).code == ""
    you = "You are frozen by carol@example.com: you can ask for nothing and decide nothing until an administrator"
    theirs = "Their reason: “a stolen laptop”."

    refused = Caller(place.office, DAN).post("/v1/requests", {"entitlement": "admin", "justification": "INC-1"})

    assert refused.code == "frozen.you"
    assert refused.json["detail"].startswith(you)
    assert refused.json["detail"].endswith(theirs)
    for page in ("/", "/ask/", "/ask/admin"):
        assert you in Browser(place.office, DAN).get(page).words
    assert Caller(place.office, DAN).get("/v1/requests").json["frozen"].startswith(you)
    assert Caller(place.office, BOB).get("/v1/requests").json["frozen"] is None
    assert "You are frozen by carol" in place.office.box.slack.command("dan", "/jit mine").body


@pytest.mark.parametrize(
    ("of", "said"), [("entitlement", "Say which: write the id"), ("person", "Say who: write the whole address")]
)
def test_a_form_without_a_name_is_told_what_to_write(place: Place, of: str, said: str) -> None:
    assert said in by_page(place, CAROL, Move("freeze", of, "")).said
