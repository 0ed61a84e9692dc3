"""Typed text made fit to be shown, and names in plain words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.wording.text.typed import clean, clip, one_line, quotable, visible


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    kept = clean(text)

    assert not [c for c in kept if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    assert not set(kept) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u200e\u200f\ufeff"
    )


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("safe \u202egnp.exe", "safe gnp.exe"),
        ("a\u200bb\u2060c", "abc"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("a" + "\n" * 50 + "b", "a\n\nb"),
        ("a\n \n\t\n \nb", "a\n\nb"),
        ("\u3164\u115f\u1160", ""),
        ("\u2800\U0001d159\U00013441\U00013442", ""),
        ("a\u2800\u2800b", "ab"),
        ("tag\U000e0041\U000e0042ged", "tagged"),
        ("Größe 日本語 עברית", "Größe 日本語 עברית"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("mark", ["\u0301", "\u0489", "\u20dd", "\u0e49", "\u0301\u200b"], ids=ascii)
def test_marks_do_not_pile_up_on_a_letter(mark: str) -> None:
    for shown in (clean(f"a{mark * 50}b"), visible(f"a{mark * 50}b")):
        assert shown == f"a{mark[0] * 4}b"


@pytest.mark.parametrize("text", ["Nguye\u0302\u0303n", "שָׁלוֹם", "น้ำ", "हिन्दी"])
def test_letters_with_a_few_marks_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


@given(st.text(st.characters(categories=["Mn", "Me", "Cf", "Zs", "Cc"])))
def test_cleaning_marks_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_a_quoted_text_has_no_quotation_mark_and_no_second_line(text: str) -> None:
    kept = quotable(text)

    assert not [sign for sign in kept if unicodedata.category(sign) in {"Pi", "Pf"} and sign not in "⸂⸃⸄⸅⸉⸊⸌⸍⸜⸝⸠⸡"]
    assert kept == " ".join(kept.split())


@pytest.mark.parametrize("quote", "\"'`´«»‘’‚‛“”„‟‹›′″‴⁗ʺˮ״❛❜❝❞❮❯⹂「」『』《》〝〞〟﹁﹂＂＇｢｣🙶🙷")
def test_each_kind_of_quotation_mark_becomes_an_apostrophe(quote: str) -> None:
    assert quotable(f"Bob {quote} or {quote}{quote} Builder") == "Bob ' or ' Builder"


def test_one_line_and_a_visible_cut() -> None:
    assert one_line(" a\n\n b\tc ") == "a b c"
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
