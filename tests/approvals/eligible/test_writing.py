"""One text for one meaning: what is written is read as the same tree, and what cannot be is refused."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.cel import CelError
from approvals.eligible.syntax import (
    AND,
    OR,
    Call,
    Decimal,
    Member,
    Name,
    Pairs,
    Raw,
    Several,
    Text,
    Tree,
    Whole,
    Word,
    parse,
)
from approvals.eligible.wire import WireError, fields
from approvals.eligible.writing import _write, write


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "a &&",
        "has(",
        "has({}.a",
        "\x00",
        '"\ud800"',
        "'open",
        "x.all(i, i > 1)",
        "x.map(i, i)",
        "a.?b",
        "[?a]",
        "1e999",
        "(" * 300 + "a" + ")" * 300,
        "a" + " + a" * 500,
        "a" * 10_001,
    ],
)
def test_what_is_no_condition_of_iams_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(CelError):
        write(parse(text))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("resource.name=='x' // why", 'resource.name == "x"'),
        ("(a||b)||(c||d)", "a || b || c || d"),
        ("(a && b) && (c&&(d))", "a && b && c && d"),
        ("(a || b) && c", "(a || b) && c"),
        ("a || b && c", "a || b && c"),
        ("a ? b && c : d", "a ? b && c : d"),
        ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"),
        ("a ? b : c ? d : e", "a ? b : c ? d : e"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("!(a == b)", "!(a == b)"),
        ("-(2)", "-(2)"),
        ("a in [1u, -1, 1.5, null, true]", "a in [1u, -1, 1.5, null, true]"),
        (r"""'it\'s "so"'""", r'''"it's \"so\""'''),
        (r"r'\d' + '''a" + "\n" + "b'''", r'"\\d" + "a\nb"'),
        ("'\u00e9' == '\\x07'", '"\u00e9" == "\\U00000007"'),
        ('api.getAttribute("x", []).hasOnly(["roles/a"])', 'api.getAttribute("x", []).hasOnly(["roles/a"])'),
        ("{'a': 1}['a'] == a.B{c: 1}.c", '{"a": 1}["a"] == a.B{c: 1}.c'),
    ],
)
def test_a_condition_has_one_text_whatever_it_was_written_with(text: str, written: str) -> None:
    assert write(parse(text)) == written
    assert write(parse(written)) == written


NAMES = st.sampled_from(["a", "b", "resource", "request"])
LEAVES: st.SearchStrategy[Tree] = st.one_of(
    st.text(max_size=6).map(Text),
    st.binary(max_size=3).map(Raw),
    st.integers(-(2**63), 2**63 - 1).map(Whole),
    st.integers(0, 2**64 - 1).map(lambda value: Whole(value, True)),
    st.floats(allow_nan=False, allow_infinity=False).map(Decimal),
    st.sampled_from([True, False, None]).map(Word),
    NAMES.map(Name),
)


def joined(sign: str, trees: list[Tree]) -> Call:
    """What is joined has no part that is joined by the same sign: the tree is read so."""
    flat = ((each.arguments if isinstance(each, Call) and each.function == sign else (each,)) for each in trees)
    return Call(sign, tuple(chain.from_iterable(flat)))


def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(inner, inner)
    signs = ("_==_", "_!=_", "_<_", "@in", "_+_", "_-_", "_*_", "_/_", "_%_", "_[_]")
    return st.one_of(
        st.builds(Member, inner, NAMES, st.booleans()),
        st.builds(Call, st.sampled_from(signs), pairs),
        st.builds(joined, st.sampled_from([AND, OR]), st.lists(inner, min_size=2, max_size=4)),
        st.builds(Call, st.just("!_"), st.tuples(inner)),
        st.builds(Call, st.just("_?_:_"), st.tuples(inner, inner, inner)),
        st.builds(Call, st.sampled_from(["f", "g"]), st.lists(inner, max_size=2).map(tuple), st.none() | inner),
        st.builds(Several, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Pairs, st.lists(pairs, max_size=2).map(tuple)),
    )


@given(st.recursive(LEAVES, grown, max_leaves=12))
def test_every_tree_that_is_written_is_read_as_the_same_meaning(tree: Tree) -> None:
    assert parse(_write(tree, 0)) == tree


@given(st.binary(max_size=40))
def test_bytes_that_are_no_message_are_refused_and_never_crash(message: bytes) -> None:
    try:
        found = list(fields(message))
    except WireError:
        return

    assert all(number >= 0 for number, _ in found)
