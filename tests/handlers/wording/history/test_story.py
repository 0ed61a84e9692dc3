"""Every entry of a request's chain has its words, of this release and of the first one."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from approvals import transitions
from approvals.auditing import replay
from approvals.auditing.story import Happening, story
from approvals.backends.stores.sqlite import open_sqlite
from approvals.chaining import SERVICE
from approvals.people.accounts import How
from approvals.ports.store import Store
from approvals.requests import Request
from approvals.reviews import typed
from countersign_client.chain import Entry
from handlers.wording.history.story import _WORDS, moment
from handlers.wording.text.lines import plain
from tests.approvals.test_bundles import Told, active
from tests.support.builders import NOW, OTHER, RESOURCE, filed, review
from tests.support.firsts import FIRSTS, sqlite_of_first_release

PLAIN = filed().request
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(scope="module")
def firsts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of 0.1.0 with a request in every state, opened by this release."""
    path = tmp_path_factory.mktemp("firsts") / "store.db"
    sqlite_of_first_release(path)
    store = open_sqlite(path, now=NOW)
    yield store
    store.close()


def told(request: Request, entries: list[Entry]) -> list[str]:
    """The sentences of a time line."""
    happened = story(request, entries)
    assert happened is not None
    return [plain(moment(request, each, None).sentence) for each in happened]


def said(action: str, detail: dict[str, object], *, by: str = SERVICE, request: Request = PLAIN) -> str:
    happening = Happening(at=NOW, by=by, action=action, detail=detail)
    return plain(moment(request, happening, None).sentence)


def test_every_action_that_a_chain_may_hold_has_its_words() -> None:
    assert _WORDS.keys() == replay._REQUEST.keys() | replay._GRANT.keys()


def test_an_action_of_a_newer_release_is_named() -> None:
    assert said("request.moved", {}, by="bob@example.com") == "request.moved by bob@example.com."


def test_an_approval_of_several_calls_tells_of_the_first_and_of_all() -> None:
    one: dict[str, object] = {"kind": "self", "use_by": (NOW + timedelta(minutes=10)).isoformat()}
    window = {"uses": 3, "until": (NOW + timedelta(minutes=30)).isoformat()}

    alone = said("request.approved", one)
    assert alone.startswith("The policy approved, which asks nobody else. It can be used once, until ")
    assert "covers" not in alone
    assert said("request.approved", one | {"window": window}).startswith(
        f"{alone} It covers 3 calls in all, until "
    )


def test_all_that_0_1_0_recorded_is_told(firsts: Store) -> None:
    for first in FIRSTS.values():
        lines = told(firsts.request(first.request), list(firsts.entries(first.request)))
        assert "asked for" in lines[0]
        assert all(line.endswith(".") for line in lines)


def test_of_a_bundle_it_is_said_which_part_it_was() -> None:
    life = active(Told())
    lost = life.take(transitions.removed_outside(life.request, target=1, now=LATER))

    lines = [
        said(each.action, dict(each.detail), by=each.actor, request=lost.request) for each in lost.entries[-4:]
    ]

    assert lines == [
        f"The access was given on {RESOURCE}: it was read back from Google Cloud.",
        f"The access was given on {OTHER}: it was read back from Google Cloud.",
        f"Somebody removed the access in Google Cloud on {OTHER}. It is not put back.",
        f"The rest of the access was taken back with it on {RESOURCE}.",
    ]


@pytest.mark.parametrize(
    ("action", "detail", "by", "words"),
    [
        ("request.expired", {"reason": "time"}, SERVICE, "Expired: nobody decided in time."),
        (
            "request.expired",
            {"reason": {"code": "terms", "facts": {}}},
            SERVICE,
            "Expired: The policy no longer offers this. Nothing was granted.",
        ),
        ("request.withdrawn", {}, "os:root", "Withdrawn by an administrator (root)."),
        ("grant.ended", {"cause": "time"}, SERVICE, "The time of the access was over."),
        ("grant.ended", {"cause": "holder"}, "alice@example.com", "Its holder ended the access."),
        ("grant.revoked", {"cause": "person"}, "os:root", "An administrator (root) ended the access."),
        ("grant.failed", {"cause": "Google said no."}, SERVICE, "The access could not be made: Google said no."),
        (
            "grant.trouble",
            {"trouble": {"code": "google.silent", "facts": {}}, "kind": "unsure"},
            SERVICE,
            "It met trouble: Google did not answer.",
        ),
    ],
)
def test_what_ended_or_held_it_up_is_said(action: str, detail: dict[str, object], by: str, words: str) -> None:
    assert said(action, detail, by=by) == words


def test_all_that_was_known_of_a_voter_is_said() -> None:
    how = How(
        provider="saml.corp",
        tenant="tenant-1",
        levels=("accessPolicies/1/accessLevels/managed",),
        attributes={"role": ("admin",)},
        auth_time=NOW,
        read_at=LATER,
    )
    vote = review(account="iap:securetoken.google.com/p/t:1/bob@example.com", how=how, renews=True)
    happening = Happening(at=NOW, by=vote.person, action="review.approve", detail={}, review=vote)

    assert plain(moment(filed().request, happening, None).sentence) == (
        "bob@example.com approved again, in the place of an approval that counted no more, signed in"
        " through Identity-Aware Proxy as iap:securetoken.google.com/p/t:1/bob@example.com, vouched for by"
        " saml.corp in the tenant tenant-1, with the access level accessPolicies/1/accessLevels/managed, with role"
        " admin, proven 2026-11-22 10:05 UTC (signed in 2026-11-22 10:00 UTC)."
    )


def test_a_reason_is_quoted_once_where_a_vote_and_the_decision_have_the_same() -> None:
    why = typed("Not today.", salt="s" * 16)
    vote = review(verdict="deny", comment=why)
    both = [
        Happening(at=NOW, by=vote.person, action="review.deny", detail={}, review=vote, typed=why),
        Happening(at=NOW, by=vote.person, action="request.denied", detail={}, typed=why),
    ]

    assert [plain(moment(filed().request, each, None).quote) for each in both] == ["Not today.", ""]


def test_what_is_not_proven_has_no_story(firsts: Store) -> None:
    for first in FIRSTS.values():
        request = firsts.request(first.request)
        entries = list(firsts.entries(first.request))
        assert story(request, [*entries, *entries]) == story(request, entries) is not None

        changed = msgspec.structs.replace(request, requester="mallory@example.com")
        for record, chain in ((changed, entries), (request, entries[1:]), (request, entries[:-1]), (request, [])):
            assert story(record, chain) is None


def test_a_time_line_says_from_when_somebody_asked() -> None:
    later = filed(terms=msgspec.structs.replace(PLAIN.terms, start=LATER)).request

    assert " for 1 hour from 2026-11-22 10:05 UTC, " in said(
        "request.filed", {}, by="alice@example.com", request=later
    )
    assert " from 2026" not in said("request.filed", {}, by="alice@example.com").split(", ")[0]
