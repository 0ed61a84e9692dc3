"""Administrators end anybody's access, by every way in, and say why; nobody else does who decides nothing."""

from collections.abc import Callable, Iterator

import pytest

from tests.handlers.web.conftest import BOB, CAROL, DAN
from tests.support.callers import Caller
from tests.support.running import Running, running
from tests.support.shop import POLICY
from tests.support.visits import Browser, forms

ADMINS = f'{POLICY}administrators: ["group:security"]\nauditors: ["user:bob@example.com"]\n'
Way = Callable[[Running, str, str, str], bool]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=ADMINS, iap_port=0) as office:
        yield office


def by_page(office: Running, who: str, asked: str, why: str) -> bool:
    browser = Browser(office, who)
    page = browser.get(f"/request/{asked}")
    return "end" in forms(page) and browser.press(page, "end", reason=why).status == 303


def by_call(office: Running, who: str, asked: str, why: str) -> bool:
    return Caller(office, who).post(f"/v1/requests/{asked}/end", {"reason": why}).status == 200


def by_command(office: Running, who: str, asked: str, why: str) -> bool:
    office.box.slack.command(who.partition("@")[0], f"/jit end {asked}" + (f" because {why}" if why else ""))
    return office.grant(asked) == "revoked"


def test_a_filter_that_is_none_hides_from_nobody_whose_requests_are_listed(office: Running) -> None:
    said = {who: Browser(office, who).get("/history?who=alice").words for who in (CAROL, DAN)}

    assert "Every request there is" in said[CAROL]
    assert "Every request there is" not in said[DAN]
    assert all("That is not one plain e-mail address." in each for each in said.values())


WAYS: dict[str, Way] = {"page": by_page, "call": by_call, "command": by_command}


def given(office: Running) -> str:
    """Access that only its holder approved."""
    asked = office.ask("alice", "logs")
    office.granted(asked)
    return asked


@pytest.mark.parametrize("way", WAYS)
def test_an_administrator_ends_what_only_its_holder_approved_with_a_reason_alone(
    office: Running, way: str
) -> None:
    asked = given(office)

    for who, why in ((BOB, "INC-9"), (DAN, "INC-9"), (CAROL, "")):
        assert not WAYS[way](office, who, asked, why)
        assert office.grant(asked) == "active"

    assert WAYS[way](office, CAROL, asked, "INC-9")
    assert office.grant(asked) == "revoked"
    office.gone(asked)


def test_whoever_only_looks_is_offered_nothing_that_would_be_refused(office: Running) -> None:
    own, approved = given(office), office.ask("alice", "admin")
    office.approve("dan", approved)
    office.granted(approved)

    for asked, can in ((own, set()), (approved, {"end"})):
        page = Browser(office, BOB).get(f"/request/{asked}")
        assert page.status == 200
        assert set(forms(page)) == can
        assert set(Caller(office, BOB).get(f"/v1/requests/{asked}").json["you"]["can"]) == can
        assert set(forms(Browser(office, CAROL).get(f"/request/{asked}"))) == {"end"}
