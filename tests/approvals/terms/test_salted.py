"""An action has a salt in what is digested: without it nobody tries parameters against the digest that stays."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from approvals.ids import new_salt
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Terms, without_text
from countersign_client.canonical import canonical
from tests.approvals.terms.test_actions import CHANGED, asked
from tests.support.builders import action_terms, terms

SALT, OTHER = "c2FsdCBvZiAxMjggYml0cw", "AAECAwQFBgcICQoLDA0ODw"
REPLACE = msgspec.structs.replace


def salted(found: Terms | None = None, salt: str = SALT) -> Terms:
    return REPLACE(found or action_terms(), salt=salt)


def test_an_action_with_a_salt_is_said_by_version_6_and_one_of_an_older_release_as_before() -> None:
    new, old = (msgspec.json.decode(cover(asked(each)).text) for each in (salted(), action_terms()))

    assert (new.pop("v"), new.pop("salt"), old.pop("v")) == (6, SALT, 3)
    assert new == old


def test_another_salt_is_another_digest() -> None:
    digests = {cover(asked(each)).digest for each in (salted(), salted(salt=OTHER), action_terms())}

    assert len(digests) == 3


@pytest.mark.parametrize("part", CHANGED)
def test_every_part_of_it_changes_the_digest_and_can_be_read_back(part: str) -> None:
    one = asked(salted(CHANGED[part]))

    assert cover(one).digest != cover(asked(salted())).digest
    assert read(cover(one).text) == without_text(one)


def test_nobody_is_shown_the_salt() -> None:
    found = msgspec.json.decode(cover(asked(salted())).text)

    assert SALT not in str(found["shown"])
    assert found["shown"] == msgspec.json.decode(cover(asked(action_terms())).text)["shown"]


def test_access_has_none() -> None:
    assert SALT not in cover(asked(salted(terms()))).text


def test_a_fresh_salt_has_128_bits_and_is_never_the_same() -> None:
    found = {new_salt() for _ in range(50)}

    assert len(found) == 50
    for salt in found:
        assert read(cover(asked(salted(salt=salt))).text).terms.salt == salt


Spoil = Callable[[dict[str, Any]], Any]
SPOILT: Mapping[str, Spoil] = {
    "no salt": lambda found: found.pop("salt"),
    "an empty one": lambda found: found.update(salt=""),
    "a short one": lambda found: found.update(salt=SALT[:-1]),
    "a padded one": lambda found: found.update(salt=SALT + "=="),
    "a line behind it": lambda found: found.update(salt=SALT + "\n"),
    "a number": lambda found: found.update(salt=7),
    "none": lambda found: found.update(salt=None),
    "version 3 with one": lambda found: found.update(v=3),
    "a member more": lambda found: found.update(more=1),
    "a member less": lambda found: found.pop("expires"),
    "another amount than shown": lambda found: found["targets"][0]["parameters"][0].update(value="2500.00 EUR"),
    "the salt among what is shown": lambda found: found["shown"].insert(0, ["Salt", SALT]),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_object_whose_salt_is_none_or_that_says_more_or_less_is_not_read(how: str) -> None:
    found = msgspec.json.decode(cover(asked(salted())).text)
    SPOILT[how](found)

    with pytest.raises(CoveredError):
        read(canonical(found).decode())
