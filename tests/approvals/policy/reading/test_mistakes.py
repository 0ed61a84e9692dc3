"""A file that is no YAML, or not what was meant: which line is off, and what to do about it, in words."""

import pytest

from approvals.policy.lint import lint
from tests.approvals.policy.files import changed, whereabouts


def said(text: str) -> list[tuple[int, int, str]]:
    return [(found.line, found.col, found.text) for found in lint(text, source="p.yaml")]


@pytest.mark.parametrize(
    ("text", "line", "col", "above"),
    [
        ("a:\n  b: 1\n   c: 2\n", 3, 4, "line 2 above it at column 3"),
        ("a:\n    b: 1\n  c: 2\n", 3, 3, "line 2 above it at column 5"),
        ("  a: 1\nb: 2\n", 2, 1, "line 1 above it at column 3"),
        # What belongs to an entry of a list begins behind its dash.
        ("a:\n  - x: 1\n   y: 2\n", 3, 4, "line 2 above it at column 5"),
        ("a:\n  - x: 1\n    # or not\n\n   y: 2\n", 5, 4, "line 2 above it at column 5"),
        ("a:\n  - x: 1\n    y: 2\n - x: 3\n", 4, 2, "line 2 above it at column 3"),
    ],
)
def test_a_line_that_is_indented_wrongly_is_named_beside_the_one_it_does_not_fit(
    text: str, line: int, col: int, above: str
) -> None:
    sentence = f"this line begins at column {col}, and {above}: what belongs together begins at the same column"
    assert said(text) == [(line, col, sentence)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a:\n  - x: 1\n  y: 2\n", "this is a key, but a list"),
        ("a:\n  x: 1\n  - y\n", "this is an entry of a list, but keys"),
    ],
)
def test_an_entry_among_keys_and_a_key_among_entries_are_told_apart(text: str, what: str) -> None:
    assert said(text) == [(3, 3, f"{what} began on line 2 with the same indentation: check what it belongs to")]


@pytest.mark.parametrize(
    ("text", "line", "col", "sentence"),
    [
        ("a:\n\tb: 1\n", 2, 1, "this line begins with a tab: YAML takes spaces only"),
        ("a: Ticket: x\n", 1, 10, "this colon stands inside a value: put the whole value in quotes"),
        ("a: 'it's'\n", 1, 8, "more follows after the end of a value: put all of it in quotes"),
        ("a: 1\nhello\nb: 2\n", 2, 1, "there is no colon on this line: write key: value"),
        ("hello\na: 1\n", 2, 1, "line 1 has no colon, so this line goes on with it: write key: value on each"),
        ("a: @all\n", 1, 4, "a value cannot begin with @: put it in quotes"),
        ("a: [1, 2\nb: 3\n", 2, 2, "a comma or ] is missing: what began at line 1, column 4 is still open"),
        ("a: {b: 1\nc: 3\n", 2, 2, "a comma or } is missing: what began at line 1, column 4 is still open"),
        ('a: "x\nb: 1\n', 1, 4, "the quotation mark here is never closed"),
        ("---\na: 1\n---\nb: 1\n", 3, 1, "a policy is one document: take this line out"),
        ("a: |x\n  b\n", 1, 5, "this is no YAML: expected chomping or indentation indicators, but found 'x'"),
    ],
)
def test_what_is_no_yaml_is_said_in_words(text: str, line: int, col: int, sentence: str) -> None:
    assert said(text) == [(line, col, sentence)]


@pytest.mark.parametrize(
    ("old", "new", "comment"),
    [
        ('channel: "#access"', "channel: #access", "#access"),
        ('channel: "#access"', "channel:    #access-prod  # where cards go", "#access-prod"),
        ('  channel: "#access"', "  channel: #access", "#access"),
        ("security: [carol@example.com]", "security: [#carol]", "#carol"),
        ("{default: 1h, max: 4h}", "{default: #1h, max: 4h}", "#1h"),
        ("domains: [example.com]", "domains:\n    - #example\n    - example.com", "#example"),
    ],
)
def test_a_value_that_is_taken_for_a_comment_says_so(old: str, new: str, comment: str) -> None:
    text = changed((old, new))
    sentence = f'# starts a comment, so the value is not read: put it in quotes, as "{comment}"'
    found = [problem for problem in said(text) if sentence in problem[2]]
    assert [line for line, _, _ in found] == [whereabouts(text, comment)[0]]


def test_a_comment_behind_a_value_is_no_mistake() -> None:
    text = changed(('channel: "#access"', 'channel:  # where cards go\n    "#access"'))
    assert [problem[2] for problem in said(text)] == [problem[2] for problem in said(changed())]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("group:secrity", "there is no local group “secrity”; did you mean “security”?"),
        ("group:zzz", "there is no local group “zzz”; there are directory, empty, security, sre"),
        ("security", "“security”: did you mean group:security?"),
    ],
)
def test_a_misspelt_group_says_which_one_may_have_been_meant(written: str, sentence: str) -> None:
    text = changed(('["group:security"]', f'["{written}"]'))
    assert sentence in [problem[2] for problem in said(text)]


def test_a_group_where_there_are_none_says_so() -> None:
    text = 'version: 1\nidentity: {domains: [example.com]}\nentitlements: [{requesters: ["group:sre"]}]\n'
    assert "there is no local group “sre”; the policy has no groups" in [problem[2] for problem in said(text)]
