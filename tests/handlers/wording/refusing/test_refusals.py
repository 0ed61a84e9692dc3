"""One table of refusals: every code has a sentence, every sentence a code and the facts that it needs."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Unpack, get_args, get_type_hints

import msgspec
import pytest

from approvals.refusals.codes import Code
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Fact, Facts, Reason, reason
from approvals.requests import Settled
from handlers.wording.errors import in_words
from handlers.wording.refusing.refusals import SENTENCES, Said, sentence, told
from tests.support.sources import calls

_REFUSING = {"Refused", "Settled", "reason"}
_SAMPLES: dict[Any, Any] = {str: "pending", int: 2}


class Given(NamedTuple):
    """One place that refuses: the code there, and the names of its facts."""

    place: str
    code: str
    facts: frozenset[str]


def given() -> Iterator[Given]:
    for place, call in calls("approvals", "handlers", named=_REFUSING):
        why, *_ = call.args
        # A reason that was found before was given its facts where it was made.
        if not _found_before(why) and not _defines(place):
            names = frozenset(str(each.arg) for each in call.keywords)
            yield from (Given(place, code, names) for code in _codes(why, place))


def _found_before(why: ast.expr) -> bool:
    if isinstance(why, ast.Attribute):
        return why.attr == "reason"
    return isinstance(why, ast.Name) and why.id == "found"


def _defines(place: str) -> bool:
    """Where the kinds of refusal themselves are written the code is a parameter."""
    return place.startswith(("approvals/refusals/errors.py", "approvals/refusals/reasons.py"))


def _codes(why: ast.expr, place: str) -> Iterator[str]:
    if isinstance(why, ast.IfExp):
        yield from (*_codes(why.body, place), *_codes(why.orelse, place))
        return
    assert isinstance(why, ast.Constant), f"{place}: which code it is must be seen"
    yield str(why.value)


def needed(words: str | Callable[..., str]) -> frozenset[str]:
    return frozenset() if isinstance(words, str) else frozenset(inspect.signature(words).parameters)


def sample(code: Code) -> dict[str, Any]:
    words = SENTENCES[code]
    if isinstance(words, str):
        return {}
    facts = inspect.signature(words).parameters.values()
    return {fact.name: _SAMPLES.get(fact.annotation, ("user:a@example.com",)) for fact in facts}


def test_every_code_has_one_sentence_and_every_sentence_a_code() -> None:
    assert set(SENTENCES) == set(get_args(Code))


def test_every_code_is_raised_somewhere_and_nothing_else_is() -> None:
    assert {each.code for each in given()} == set(get_args(Code))


def test_each_sentence_is_given_the_facts_that_it_is_made_of() -> None:
    wrong = [f"{each.place}: {each.code}" for each in given() if each.facts != needed(SENTENCES[each.code])]  # type: ignore[index]
    assert wrong == []


def test_each_sentence_takes_facts_of_the_types_that_they_are_given_in() -> None:
    """The types of what is given are held against `Facts` where it is given, by the type checker."""
    wrong = [
        f"{code}: {fact.name}"
        for code, words in SENTENCES.items()
        if not isinstance(words, str)
        for fact in inspect.signature(words, eval_str=True).parameters.values()
        if fact.annotation != get_type_hints(Facts).get(fact.name)
    ]
    assert wrong == []


def test_every_fact_is_one_that_some_sentence_takes_and_that_can_be_stored() -> None:
    assert set().union(*map(needed, SENTENCES.values())) == set(get_type_hints(Facts))
    assert set(get_type_hints(Facts).values()) <= set(get_args(Fact))


def test_what_is_given_is_held_against_the_same_types_wherever_a_refusal_is_made() -> None:
    told = [
        get_type_hints(each, include_extras=True)["facts"] for each in (reason, Refused.__init__, Settled.__init__)
    ]
    assert told == [Unpack[Facts]] * 3


@pytest.mark.parametrize("code", sorted(get_args(Code)))
def test_each_sentence_is_a_whole_one_and_can_be_said_of_what_was_stored(code: Code) -> None:
    facts = sample(code)
    found = msgspec.json.decode(msgspec.json.encode(reason(code, **facts)), type=Reason)
    said = sentence(found)
    if facts.keys().isdisjoint({"hint", "said"}):  # which are the policy's words, or Google's
        assert len(said.split()) > 3
        assert not {"json", "etag", "http"} & set(re.findall(r"\w+", said.lower()))
        assert said.endswith(".") or code in {"grant.late", "grant.restored"}  # which stand inside a sentence


def test_where_google_refuses_one_of_several_roles_the_card_does_not_say_that_it_is_each_of_them() -> None:
    one, several = (told(Refused("grant.barred", roles=roles)) for roles in (("roles/a",), ("roles/a", "roles/b")))

    assert "not give roles/a." in str(one)
    assert "not give all of roles/a, roles/b. See which of them" in str(several)


def test_a_log_has_the_code_and_its_facts() -> None:
    assert str(Refused("limit.hour", most=3, wait=60)) == "limit.hour (most=3 wait=60)"
    assert str(Refused("self")) == "self"


def test_what_another_release_refused_is_said_by_its_code() -> None:
    assert sentence(Reason("of_tomorrow", {"who": "x"})) == "of_tomorrow"
    assert sentence(Reason("duration.long", {"title": "x"})) == "duration.long"
    assert sentence(Reason("justification.long", {"most": "x"})) == "justification.long"


def test_what_a_channel_says_itself_is_said_as_it_is() -> None:
    assert told(Said("duration", "Write for example 2h.")) == "Write for example 2h."
    assert in_words(Said("duration", "Write for example 2h.")) == "Write for example 2h."
