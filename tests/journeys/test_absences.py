"""Being away, by every way in: the same is refused with the same words, and what one way was told all show."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from approvals import absences
from tests.support.callers import Caller
from tests.support.desk import Desk, offices
from tests.support.running import Running
from tests.support.shop import POLICY
from tests.support.visits import Browser, forms

ALICE, BOB, CAROL = (f"{name}@example.com" for name in ("alice", "bob", "carol"))
LISTED = POLICY.replace(
    "entitlements:", "delegates: [user:bob@example.com, user:carol@example.com]\nentitlements:"
)
AWAY = "/v1/absence"

Way = Callable[[str, str], str]
"""Says until when carol is away and who stands in, and returns what she reads."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with offices(tmp_path_factory.mktemp("desks"), policy=LISTED) as office:
        yield office


@pytest.fixture(scope="module")
def desk(office: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(office, Path(tmp_path_factory.mktemp("carol")), "carol")
    done = desk.login("--no-keyring")
    assert done.exit_code == 0, done.output
    return desk


@pytest.fixture(autouse=True)
def nobody_away(office: Running) -> Iterator[None]:
    yield
    for each in absences.read(office.service.store)[1]:
        absences.back(office.service.store, each.person, by=each.person, now=office.clock())


@pytest.fixture(params=["slack", "page", "v1", "client"])
def way(request: pytest.FixtureRequest, office: Running, desk: Desk) -> Way:
    def slack(until: str, delegate: str) -> str:
        return office.box.slack.command("carol", f"/jit away until {until} to {delegate}").body

    def page(until: str, delegate: str) -> str:
        carol = Browser(office, CAROL)
        answer = carol.press(carol.get("/away"), "leave", until=until, delegate=delegate)
        if answer.status == 303:
            return carol.get(answer.headers["location"]).words
        assert answer.status == 409
        assert f'value="{until}"' in answer.body
        assert f'value="{delegate}"' in answer.body
        return answer.words

    def v1(until: str, delegate: str) -> str:
        said = Caller(office, CAROL).post(AWAY, {"until": until, "delegate": delegate}, method="PUT")
        assert (said.status == 200) == ("lines" in said.json)
        return " ".join(said.json.get("lines", [each["detail"] for each in said.json.get("errors", ())]))

    def client(until: str, delegate: str) -> str:
        done = desk.run("away", "--until", until, "--delegate", delegate)
        assert done.exit_code in (0, 1)
        return done.output

    return {"slack": slack, "page": page, "v1": v1, "client": client}[request.param]


def kept(office: Running) -> list[tuple[str, str]]:
    return [(each.person, each.delegate) for each in absences.read(office.service.store)[1]]


def said(text: str) -> str:
    """What people read, on one line, without what a channel makes of an address."""
    return " ".join(text.replace("\\n", " ").replace("&#39;", "'").split())


@pytest.mark.parametrize(
    ("until", "delegate", "words"),
    [
        ("friday", "dan@example.com", ["may not stand in for others", "bob@example.com"]),
        ("friday", CAROL, ["Nobody stands in for themselves"]),
        ("friday", "bob@", ["is no whole address"]),
        ("friday", "eve@elsewhere.org", ["may not stand in for others"]),
        ("2020-01-01", BOB, ["a time that is still to come"]),
        ("in 100 days", BOB, ["at most 90 days"]),
        ("whenever", BOB, ["whenever", "is no time that is understood here"]),
        ("whenever", "dan@example.com", ["is no time that is understood here", "may not stand in for others"]),
        ("2020-01-01", "bob@", ["a time that is still to come", "is no whole address"]),
    ],
)
def test_what_cannot_be_is_refused_by_every_way_with_all_that_is_against_it_and_changes_nothing(
    office: Running, way: Way, until: str, delegate: str, words: list[str]
) -> None:
    answer = said(way(until, delegate))

    assert [each for each in words if each not in answer] == []
    assert kept(office) == []


def test_nobody_has_somebody_stand_in_who_is_away(office: Running, way: Way) -> None:
    assert Caller(office, BOB).post(AWAY, {"until": "3 days", "delegate": CAROL}, method="PUT").status == 200

    assert "is away as well" in said(way("friday", BOB))
    assert kept(office) == [(BOB, CAROL)]


def test_what_one_way_was_told_every_way_shows_and_ends(office: Running, way: Way, desk: Desk) -> None:
    answer = said(way("friday 9:00", BOB))

    assert "09:00" in answer
    assert "stands in for you" in answer
    assert kept(office) == [(CAROL, BOB)]
    bob = Browser(office, BOB)
    assert "You stand in for carol@example.com until" in bob.get("/").words
    assert '<a href="/away">Change it</a>' in bob.get("/").body
    told = Caller(office, BOB).get(AWAY).json
    assert (told["absence"], [each["person"] for each in told["stands_in_for"]]) == (None, [CAROL])
    assert "bob@example.com stands in for you" in said(desk.run("away").stdout)


def test_whoever_is_not_away_reads_in_the_terminal_how_they_can_be(office: Running, desk: Desk) -> None:
    how = "countersign away --until"

    assert how in said(desk.run("away").output)
    assert how not in said(desk.run("away", "--until", "3 days", "--delegate", BOB).output)
    assert how in said(desk.run("back").output)
    assert kept(office) == []


def by_page(office: Running, _: Desk) -> str:
    carol = Browser(office, CAROL)
    page = carol.get("/away")
    found = forms(page)
    form = {**forms(page)["leave"], **found.get("back", {}), "kind": "back"}
    return carol.post("/away", form).words


BACK: dict[str, Callable[[Running, Desk], str]] = {
    "slack": lambda office, _: office.box.slack.command("carol", "/jit back").body,
    "page": by_page,
    "v1": lambda office, _: str(Caller(office, CAROL).post(AWAY, method="DELETE").json),
    "client": lambda _, desk: desk.run("back").output,
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK.keys())
def test_one_is_back_by_every_way_and_not_where_one_is_not_away(
    office: Running, desk: Desk, back: Callable[[Running, Desk], str]
) -> None:
    assert desk.run("away", "--until", "3 days", "--delegate", BOB).exit_code == 0
    back(office, desk)
    assert kept(office) == []

    again = said(back(office, desk))
    assert "You are not away" in again or "nothing was changed" in again
    assert kept(office) == []


def test_a_call_that_is_sent_again_does_nothing_twice_and_its_key_is_no_other_call_s(office: Running) -> None:
    carol, body = Caller(office, CAROL), {"until": "3 days", "delegate": BOB}
    first = carol.post(AWAY, body, method="PUT", key='"one"')
    assert carol.post(AWAY, method="DELETE", key='"two"').json["absence"] is None

    assert carol.post(AWAY, body, method="PUT", key='"one"').json == first.json
    assert carol.post(AWAY, method="DELETE", key='"two"').json["absence"] is None
    other = carol.post(AWAY, body | {"delegate": ALICE}, method="PUT", key='"one"')
    assert (other.status, other.code) == (422, "idempotency.reused")
    assert kept(office) == []


def test_a_form_does_once_what_it_says(office: Running) -> None:
    carol = Browser(office, CAROL)
    page = carol.get("/away")
    typed = {"until": "3 days", "delegate": BOB}
    assert carol.press(page, "leave", **typed).status == 303
    assert carol.press(carol.get("/away"), "back").status == 303

    assert carol.press(page, "leave", **typed).status == 303
    assert kept(office) == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Content-Type": "text/plain"}])
def test_nobody_is_away_by_what_another_site_or_another_person_s_form_sends(
    office: Running, headers: dict[str, str | None]
) -> None:
    carol, typed = Browser(office, CAROL), {"until": "3 days", "delegate": BOB}
    form = forms(carol.get("/away"))["leave"] | typed

    assert carol.post("/away", form, headers=headers).status == 403
    assert Browser(office, ALICE).post("/away", form).status == 409
    assert Caller(office, CAROL).post(AWAY, typed, method="PUT", headers=headers).status in (403, 415)
    assert kept(office) == []


@pytest.mark.parametrize(
    ("body", "status", "code", "fields"),
    [
        ({"until": "3 days", "delegate": "dan@example.com"}, 422, "away.delegate", ["delegate"]),
        ({"until": "whenever", "delegate": CAROL}, 422, "away.time", ["until", "delegate"]),
        ({}, 422, "away.time", ["until", "delegate"]),
        ({"until": "3 days", "delegate": BOB, "why": "x"}, 422, "unknown_member", ["why"]),
    ],
)
def test_a_problem_says_which_member_is_to_blame(
    office: Running, body: dict[str, str], status: int, code: str, fields: list[str]
) -> None:
    told = Caller(office, CAROL).post(AWAY, body, method="PUT")

    assert (told.status, told.code) == (status, code)
    assert [each["field"] for each in told.json["errors"]] == fields
    assert kept(office) == []
