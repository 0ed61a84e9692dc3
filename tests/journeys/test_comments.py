"""What an approver adds to an approval: taken by every way in, and shown wherever people look."""

from collections.abc import Callable, Iterator

import pytest

from approvals.reviews import TYPED_LENGTH
from tests.support.callers import Caller
from tests.support.running import Running, running
from tests.support.shown import words
from tests.support.visits import Answer, Browser, link

WROTE = "Only <b>this</b> once <!channel> & *no* more."
LONG = "x" * (TYPED_LENGTH + 1)
NAMED = {"printed_name": "Carol Chen", "meaning": "I answer for it"}
Way = Callable[[Running, str, str], str]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as office:
        yield office


@pytest.fixture
def asked(office: Running) -> Iterator[str]:
    """A request that carol decides on last."""
    request = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", request)
    yield request
    office.press("alice", "withdraw" if office.request(request).state == "pending" else "end", request)
    office.settled()


@pytest.fixture
def plain(office: Running) -> Iterator[str]:
    request = office.ask("alice", "pair")
    yield request
    office.press("alice", "withdraw", request)


def by_card(office: Running, request: str, typed: str) -> str:
    return in_form(office, request, "remark", comment=typed)


def by_signing_the_card(office: Running, request: str, typed: str) -> str:
    return in_form(office, request, "sign", comment=typed, **NAMED)


def in_form(office: Running, request: str, button: str, **typed: str) -> str:
    """Send the form of a button, by a client that does not hold to its bounds; a refused one stays open."""
    assert office.press("carol", button, request).ok
    held = office.box.slack.state.top("carol")
    assert held is not None
    (element,) = [each["element"] for each in held.sent["blocks"] if each.get("block_id") == "comment"]
    assert element.pop("max_length") == TYPED_LENGTH
    outcome = office.box.slack.submit("carol", typed)
    assert outcome.ok or outcome.view is not None
    if not outcome.ok:
        office.box.slack.close("carol")
    return " ".join(outcome.errors.values())


def by_page(office: Running, request: str, typed: str) -> str:
    return _kept(on_page(office, request, "approve", comment=typed), typed)


def by_signing_the_page(office: Running, request: str, typed: str) -> str:
    return _kept(on_page(office, request, "sign", comment=typed, **NAMED), typed)


def on_page(office: Running, request: str, kind: str, **typed: str) -> Answer:
    carol = Browser(office, "carol@example.com")
    return carol.press(carol.get(link(office, request)), kind, **typed)


def _kept(page: Answer, typed: str) -> str:
    """What the page says, where it has kept what was typed."""
    assert page.status == 303 or f">{typed}</textarea>" in page.body
    return page.words


def by_call(office: Running, request: str, typed: str) -> str:
    said = Caller(office, "carol@example.com").decide(request, comment=typed)
    return str(said.json.get("detail", ""))


PLAIN: dict[str, Way] = {"card": by_card, "page": by_page, "call": by_call}
SIGNED: dict[str, Way] = {"card": by_signing_the_card, "page": by_signing_the_page}


@pytest.mark.parametrize("way", PLAIN)
def test_a_comment_is_refused_where_it_is_too_long_and_kept_where_it_says_something(
    office: Running, plain: str, way: str
) -> None:
    _refused_and_kept(office, plain, PLAIN[way])


@pytest.mark.parametrize("way", SIGNED)
def test_a_signature_takes_a_comment_as_well(office: Running, asked: str, way: str) -> None:
    _refused_and_kept(office, asked, SIGNED[way])
    signed = office.request(asked).reviews[-1].attestation
    assert signed is not None
    assert signed.printed_name.text == "Carol Chen"


def _refused_and_kept(office: Running, request: str, way: Way) -> None:
    before = office.request(request).reviews
    assert f"Write at most {TYPED_LENGTH:,} characters." in way(office, request, LONG)
    assert office.request(request).reviews == before
    way(office, request, f"  {WROTE} ")
    *_, review = office.request(request).reviews
    assert (review.person, review.verdict) == ("carol@example.com", "approve")
    assert review.comment is not None
    assert review.comment.text == WROTE
    entry = next(each for each in office.service.store.entries(request) if each.actor == "carol@example.com")
    assert (entry.action, entry.detail["comment"]) == ("review.approve", review.comment.digest)
    assert WROTE not in str(entry)


def test_blanks_are_no_comment_by_any_way(office: Running, plain: str) -> None:
    for way in PLAIN.values():
        way(office, plain, " \u200b ")
        assert office.request(plain).reviews[-1].comment is None
        Caller(office, "carol@example.com").decide(plain, "take_back")


def _sent(office: Running) -> list[str]:
    return [words(each) for each in office.box.slack.messages("alice")]


def test_it_is_shown_wherever_people_look_and_marks_nothing_up(office: Running, plain: str) -> None:
    wrote = f"{WROTE} ({plain})"
    by_page(office, plain, wrote)

    assert f"comment: “\n{wrote}\n”" in office.sees("comment: “", plain)
    sent = office.until(lambda: [w for w in _sent(office) if "approved your request" in w and plain in w])
    assert wrote in sent[-1]
    alice = Browser(office, "alice@example.com").get(f"/request/{plain}")
    assert alice.words.count(wrote) == 2  # among the votes, and in what happened
    assert "<b>this" not in alice.body
    seen = Caller(office, "alice@example.com").get(f"/v1/requests/{plain}").json
    assert seen["reviews"][0]["comment"] == wrote
