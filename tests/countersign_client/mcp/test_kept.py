"""What tasks came to is kept within bounds, whatever it is and however much of it there is."""

from typing import Any

from countersign_client.mcp.kept import Kept


def said(text: str) -> dict[str, Any]:
    return {"status": "completed", "result": {"content": [{"type": "text", "text": text}]}}


SIZE = len('{"status": "completed", "result": {"content": [{"type": "text", "text": "x"}]}}')


def test_never_more_octets_than_it_may_and_what_ended_first_goes_first() -> None:
    kept = Kept(octets=3 * SIZE)
    for name in "abcd":
        kept.put(name, said("x"))
    assert [kept.of(name) for name in "abcd"] == [None, said("x"), said("x"), said("x")]

    kept.put("e", said("x" * (1 + SIZE)))
    assert [name for name in "abcde" if kept.of(name)] == ["d", "e"]


def test_what_is_too_large_by_itself_is_not_kept_and_room_is_left_for_others() -> None:
    kept = Kept(octets=SIZE)
    kept.put("a", said("x" * 1_000))
    assert kept.of("a") is None

    kept.put("b", said("x"))
    assert kept.of("b") == said("x")


def test_never_more_of_them_than_it_may() -> None:
    kept = Kept(most=2)
    for name in "abc":
        kept.put(name, said(name))
    assert [kept.of(name) for name in "abc"] == [None, said("b"), said("c")]


def test_what_is_let_go_of_or_said_anew_takes_its_room_once() -> None:
    kept = Kept(octets=2 * SIZE)
    for _ in range(5):
        kept.put("a", said("x"))
        kept.drop("a")
        kept.drop("a")
        kept.put("a", said("y"))
    kept.put("b", said("x"))
    assert (kept.of("a"), kept.of("b")) == (said("y"), said("x"))


def test_it_comes_back_as_it_was_also_with_half_of_a_character() -> None:
    kept, whole = Kept(), said("é \ud83d 😀") | {"n": [1, 1.5, None, True, 2**60]}
    kept.put("a", whole)
    assert kept.of("a") == whole
