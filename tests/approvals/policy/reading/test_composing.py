"""What libyaml reads of a policy is what PyYAML reads, node for node and place for place, or is left to it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.policy.reading import composing
from approvals.policy.reading.composing import carefully, compose, quickly
from approvals.policy.reading.document import Reader
from tests.support.sources import ROOT

POLICIES = [ROOT / "examples/policy.yaml", ROOT / "examples/payments/policy.yaml"]
LINES = [line for path in POLICIES for line in path.read_text().splitlines(keepends=True)]
PIECES = [
    *(":", ": ", "- ", "-\n", "?", "? ", "#", " #", "[", "]", "{", "}", ",", "'", '"', "''", "\\", "\\x41"),
    *(
        "|",
        ">",
        "|-\n",
        "|2\n",
        ">+\n",
        "&a ",
        "*a",
        "!x ",
        "!!str ",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "@",
        "`",
        "\n",
    ),
    *("\n", "\t", "\r\n", "\x85", "\u2028", "\ufeff", "\x00", "\x7f", "é", "\U0001f600", "a:b", "a: b", "{a: b}"),
    *(
        "[a]",
        "[a: b]",
        "{a}",
        "<<: ",
        "~",
        "null",
        "yes",
        "0o7",
        "1_000",
        "1:30",
        "2020-01-01",
        ".inf",
        "x" * 1030,
    ),
]
Node = yaml.Node | None


def seen(node: Node) -> Any:
    """All that anybody looks at of a node."""
    if node is None:
        return None
    start, end = node.start_mark, node.end_mark
    place = (start.line, start.column)
    if isinstance(node, yaml.ScalarNode):
        return (node.tag, node.value, *place, end.line, end.column)
    if isinstance(node, yaml.MappingNode):
        return (node.tag, *place, [(seen(key), seen(value)) for key, value in node.value])
    return (node.tag, *place, list(map(seen, node.value)))


def alike(text: str) -> bool:
    """Whether libyaml's document is PyYAML's, which has nothing against it. Says nothing where there is none."""
    quick = quickly(text)
    if quick is None:
        return True
    reader = Reader("policy.yaml")
    return (seen(carefully(text, reader)), reader.problems) == (seen(quick), ())


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """Some lines of a policy, with pieces of YAML put in, and others taken out."""
    first = draw(st.integers(0, len(LINES) - 1))
    text = "".join(LINES[first : first + draw(st.integers(0, 12))])
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(PIECES)) + text[place + draw(st.integers(0, 3)) :]
    return text


@given(spoilt())
@example("[a?]\n")
@example("{? }\n")
@example("? - \n")
@example("?")
@example("|#\n")
@example(">-#x\n")
@example("---")
@example("\ufeffa")
@example("a\t")
@example("a:\n- b\n")
@example("{a: }\n")
@example("[a:\n]\n")
@example("a:\n-\n")
@example("a: !\n")
def test_whatever_is_in_a_file_both_read_the_same_of_it(text: str) -> None:
    assert alike(text)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: str(path.parent.name))
def test_a_policy_is_read_by_libyaml_where_there_is_one(path: Path) -> None:
    text = path.read_text()

    assert (quickly(text) is not None) == yaml.__with_libyaml__
    assert alike(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &b c\n",
        "a: *b\n",
        "a: !!str b\n",
        "a: ! b\n",
        "a:\n",
        "a: \x01\n",
        "a: [b\n",
        "a: b\n---\nc: d\n",
        "a: " + "[" * 20 + "]" * 20 + "\n",
        "",
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> Any:
        reader = Reader("policy.yaml")
        return seen(compose(text, reader)), reader.problems

    with_both = said()
    monkeypatch.setattr(composing, "quickly", lambda _: None)

    assert with_both == said()
    assert with_both[1] or text == "a:\n"
