"""The section `tickets`: an address that no ticket can turn into another one, or a mistake with its place."""

import pytest

from approvals.policy.lint import lint
from approvals.policy.load import accepted, load
from approvals.policy.reading.document import PolicyError, Problem
from approvals.policy.reading.parse import digest_of, parse
from approvals.policy.tickets import Tickets
from tests.approvals.policy.files import FILE, TICKETS, whereabouts

URL = "https://tickets.example.com/browse/{ticket}"
PATTERN = r"(INC|CHG)-\d+"

WRONG_URLS = {
    "http://tickets.example.com/{ticket}": ["https://"],
    "HTTPS://tickets.example.com/{ticket}": ["https://"],
    "//tickets.example.com/{ticket}": ["https://"],
    "javascript:alert({ticket})": ["https://"],
    " https://tickets.example.com/{ticket}": ["a sign", "https://"],
    "https://tickets.example.com/browse": ["exactly once"],
    "https://tickets.example.com/{ticket}/{ticket}": ["exactly once"],
    "https://tickets.example.com/{TICKET}": ["exactly once", "a sign"],
    "https://tickets.example.com/{id}/{ticket}": ["a sign"],
    "https://tickets.example.com/a b/{ticket}": ["a sign"],
    "https://tickets.example.com/ü/{ticket}": ["a sign"],
    "https://tickets.example.com/%zz/{ticket}": ["a sign"],
    "https://tickets.example.com/%2{ticket}": ["a sign"],
    "https://tickets.example.com\\\\@evil.example/{ticket}": ["a sign", "names a user"],
    "https://tickets.example.com/\\u202e{ticket}": ["a sign"],
    "https://tickets.example.com/\\n{ticket}": ["a sign"],
    "https://tickets.example.com/a|b>{ticket}": ["a sign"],
    "https://{ticket}.example.com/": ["in its host"],
    "https://{ticket}/browse": ["in its host"],
    "https://{ticket}@tickets.example.com/": ["in its host"],
    "https://tickets.example.com:{ticket}/": ["in its host"],
    "https://user@tickets.example.com/{ticket}": ["names a user"],
    "https://user:pass@tickets.example.com/{ticket}": ["names a user"],
    "https:///{ticket}": ["no host"],
    "https://-tickets.example.com/{ticket}": ["no host"],
    "https://tickets..example.com/{ticket}": ["no host"],
    "https://Tickets.example.com/{ticket}": ["no host"],
    "https://t\\u0456ckets.example.com/{ticket}": ["a sign", "no host"],
    "https://tickets.example.com:99999/{ticket}": ["no host"],
    "https://tickets.example.com:/{ticket}": ["no host"],
    "https://tickets.example.com?id={ticket}": ["needs a /"],
    "https://tickets.example.com/#{ticket}": ["a #"],
    "https://tickets.example.com/{ticket}#comments": ["a #"],
    "https://tickets.example.com/../{ticket}": [". or .."],
    "https://tickets.example.com/a/%2E./{ticket}": [". or .."],
    "https://tickets.example.com/{ticket}/..": [". or .."],
    "https://tickets.example.com/" + "a" * 200 + "{ticket}": ["200 characters"],
}

RIGHT_URLS = [
    URL,
    "https://jira/browse/{ticket}",
    "https://tickets.example.com:8443/issues/{ticket}/view",
    "https://xn--tckets-8va.example/nav?id={ticket}&view=a%20b",
    "https://tickets.example.com/..a/{ticket}?next=/../",
]


def errors(text: str) -> list[Problem]:
    return [each for each in lint(text, source="policy.yaml") if each.severity == "error"]


def section(*, pattern: str = PATTERN, url: str = URL) -> str:
    return f"tickets:\n  pattern: '{pattern}'\n  url: \"{url}\"\n" + FILE


@pytest.mark.parametrize("url", WRONG_URLS, ids=str)
def test_an_address_that_a_ticket_could_turn_into_another_is_refused_where_it_stands(url: str) -> None:
    text = section(url=url)
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    problems = refused.value.problems
    assert {(each.code, each.line, each.col) for each in problems} == {("bad-url", *whereabouts(text, '"'))}
    assert len(problems) == len(WRONG_URLS[url])
    for each, said in zip(problems, WRONG_URLS[url], strict=True):
        assert said in each.text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)", "RE2"),
        ("a)|(b", "RE2"),
        ("(INC", "RE2"),
        (r"\Qa", "does not end"),
        ("", "where nothing stands"),
        (r"(INC-\d+)?", "where nothing stands"),
        (".*", "where nothing stands"),
    ],
)
def test_a_pattern_that_is_none_or_matches_nothing_at_all_is_refused_where_it_stands(
    pattern: str, said: str
) -> None:
    text = section(pattern=pattern)

    (problem,) = errors(text)

    assert (problem.code, problem.line, problem.col) == ("bad-pattern", *whereabouts(text, "'"))
    assert said in problem.text
    with pytest.raises(PolicyError):
        load(text, source="policy.yaml")


def test_every_mistake_of_the_section_is_named() -> None:
    text = "tickets: {pattern: '(', url: 'http://x.example/', hosts: [x]}\n" + FILE

    found = [(each.code, each.col) for each in errors(text)]

    url = text.index("'http") + 1
    assert sorted(found) == [
        ("bad-pattern", text.index("'('") + 1),
        ("bad-url", url),
        ("bad-url", url),
        ("unknown-key", text.index("hosts") + 1),
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("tickets: {pattern: x}", "missing-key"),
        ("tickets: {url: 'https://x.example/{ticket}'}", "missing-key"),
        ("tickets: {}", "missing-key"),
        ("tickets: 'https://x.example/{ticket}'", "wrong-type"),
        ("tickets: {pattern: x, url: [a]}", "wrong-type"),
        ("tickets: {pattern: 1, url: 'https://x.example/{ticket}'}", "wrong-type"),
    ],
)
def test_half_a_section_is_refused(written: str, code: str) -> None:
    assert {each.code for each in errors(f"{written}\n{FILE}")} == {code}


@pytest.mark.parametrize("url", RIGHT_URLS)
def test_an_address_of_one_host_is_read(url: str) -> None:
    assert parse(section(url=url), source="policy.yaml").tickets == Tickets(pattern=PATTERN, url=url)


def test_without_the_section_no_word_is_a_ticket() -> None:
    assert parse(FILE, source="policy.yaml").tickets is None


def test_lint_has_nothing_against_the_section() -> None:
    with_it, without = (lint(text, source="policy.yaml") for text in (TICKETS + FILE, FILE))

    assert [each.code for each in with_it] == [each.code for each in without]


def test_a_policy_in_force_whose_section_is_refused_now_goes_on_without_links() -> None:
    text = section(url="https://tickets.example.com/")

    held = accepted(text, digest=digest_of(text), source="policy.yaml")

    assert held.policy.tickets is None
    assert held.policy.entitlements
    assert [each.code for each in held.problems] == ["bad-url"]
