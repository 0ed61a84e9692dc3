"""What is read exactly, or not at all."""

import pytest

from countersign_client.mcp.exact import Ambiguous, exactly


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"amount": 1, "amount": 1000000}', "'amount' stands twice"),
        ('{"params": {"arguments": {"id": "a", "id": "a"}}}', "'id' stands twice"),
        ('[{"\\u0061": 1, "a": 2}]', "'a' stands twice"),
        ('{"amount": NaN}', "NaN is no number"),
        ('{"amount": -Infinity}', "-Infinity is no number"),
        ('{"amount": 1e999}', "1e999 is larger"),
    ],
)
def test_what_two_readers_could_take_for_two_things_is_refused(text: str, why: str) -> None:
    with pytest.raises(Ambiguous, match=why):
        exactly(text)


def test_the_first_doubt_is_said_and_what_was_read_is_told() -> None:
    with pytest.raises(Ambiguous, match="'b'") as doubt:
        exactly('{"id": 7, "x": {"b": 1, "b": 2}, "id": 8}')
    assert doubt.value.read == {"id": 8, "x": {"b": 2}}


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as error:
        exactly(text)
    assert not isinstance(error.value, Ambiguous)


def test_the_largest_message_is_looked_through_once() -> None:
    names = ",".join(f'"{number:06x}":0' for number in range(350_000))

    with pytest.raises(Ambiguous, match="'05572f' stands twice"):
        exactly(f'{{{names},"{349_999:06x}":0}}')


def test_everything_else_is_read_as_it_stands() -> None:
    assert exactly(b'{"a": [1, 1.5, "\\ud800", null, true], "b": {"a": 9007199254740993}}') == {
        "a": [1, 1.5, "\ud800", None, True],
        "b": {"a": 9007199254740993},
    }
