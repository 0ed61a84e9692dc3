"""JSON that two readers could take for two things is refused by name, and what is fine comes back as it was."""

import pytest

from countersign_client.mcp.proxy import strict


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":1,"a":2}', 'the member "a" stands twice'),
        (b'[{"deep":{"b":1,"c":0,"b":1}}]', 'the member "b" stands twice'),
        (b'{"a":1,"\\u0061":2}', 'the member "a" stands twice'),
        (b'{"n":NaN}', "NaN is no number"),
        (b'{"n":-Infinity}', "-Infinity is no number"),
        (b'{"n":1e999}', "larger than any"),
        (b"\xff", "not UTF-8"),
        (b"{", "no JSON: at octet 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 129 + b"]" * 129, "nested too deeply"),
        (b'{"a":' * 129 + b"1" + b"}" * 129, "nested too deeply"),
        (b"1" * 5_000, "too long"),
    ],
)
def test_json_of_two_meanings_is_refused_by_name(text: bytes, why: str) -> None:
    with pytest.raises(strict.Unfit, match=why):
        strict.read(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_what_json_has_not_is_never_written(value: object) -> None:
    with pytest.raises(strict.Unfit):
        strict.written({"value": value})


@pytest.mark.parametrize(
    "text",
    [
        b'{"n":123456789012345678901234567890}',
        b'["\\ud800",1.0,-0.0,"\\u00fc"]',
        b"[" * 128 + b"1" + b"]" * 128,
        b"[" + b",".join([b"[]"] * 1000) + b"]",
    ],
)
def test_what_is_fine_is_written_as_it_came(text: bytes) -> None:
    assert strict.written(strict.read(text)) == text
