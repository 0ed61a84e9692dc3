"""An application asks who somebody is, so that it shows nobody another one's request."""

from typing import Any

import pytest

from tests.support.counters import Counter, Said
from tests.support.world import ALICE

BOB = "bob@example.com"


def who(counter: Counter, said: dict[str, Any], **more: Any) -> Said:
    return counter.post("/v1/person", {"on_behalf_of": said}, **more)


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 422, "member"),
        ({"token": "a.b.c", "iap_assertion": "a.b.c"}, 422, "member"),
        ({"token": "a.b.c"}, 401, "token"),
        ({"iap_assertion": "a.b.c"}, 401, "token"),
        ({"asserted": {"email": ALICE}}, 403, "token.asserted"),
    ],
)
def test_who_is_nobody_is_refused(counter: Counter, said: dict[str, Any], status: int, code: str) -> None:
    found = who(counter, said)

    assert (found.status, found.code) == (status, code)


def test_who_is_nobody_here_is_refused_although_proven(counter: Counter) -> None:
    stranger = {"token": counter.staff.token("mallory@elsewhere.example")}

    assert (who(counter, stranger).status, who(counter, stranger).code) == (403, "token.unknown")


def test_a_person_is_named_as_the_directory_knows_them(counter: Counter) -> None:
    by_token = who(counter, {"token": counter.staff.token(BOB)})
    by_word = who(counter, {"asserted": {"email": ALICE}}, by=counter.other)

    assert (by_token.status, by_token.json) == (200, {"principal": BOB, "proven": "token"})
    assert (by_word.status, by_word.json) == (200, {"principal": ALICE, "proven": "asserted"})


def test_nothing_is_kept_and_what_serves_once_still_serves(counter: Counter) -> None:
    counter.judged("step_up", when='subject.acr != "phr"', acr=("phr",))
    nonce = counter.post("/v1/requests", counter.wanted()).json["step_up"]["nonce"]
    fresh = counter.signed_in(nonce)

    assert [who(counter, fresh, key="the-same").status for _ in range(2)] == [200, 200]

    assert counter.post("/v1/requests", counter.wanted(on_behalf_of=fresh)).status == 201
