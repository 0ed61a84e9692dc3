"""JSON that can be read in one way alone, and written again as canonical JSON."""

import pytest

from countersign_client.canonical import canonical
from handlers.wire.problems import Fault
from handlers.wire.reading import one_object


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740992",
        "-9007199254740993",
        "1" + 5_000 * "0",
        "1e999",
        "-1e999",
        "1e-400",
        "1e-99999999999999999999",
        "0.10000000000000000001",
        "1234567890.1234567890123",
    ],
)
@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{{"deep": {{"n": {}}}}}', "deep.n"),
        ('{{"n": [1, [{}, 2]]}}', "n"),
        ('{{"a": [[{{"b": {{"n": [{}]}}}}]]}}', "a.b.n"),
    ],
)
def test_a_number_that_would_be_another_one_is_refused_by_its_member(body: str, path: str, number: str) -> None:
    with pytest.raises(Fault) as refused:
        one_object(body.format(number).encode())

    assert (refused.value.status, refused.value.code, refused.value.field) == (400, "number", path)


@pytest.mark.parametrize(
    ("number", "canonically"),
    [
        ("9007199254740991", b"9007199254740991"),
        ("-9007199254740991", b"-9007199254740991"),
        ("0.1", b"0.1"),
        ("12.50", b"12.5"),
        ("1e3", b"1000"),
        ("-0.0", b"0"),
        ("0e9", b"0"),
    ],
)
def test_any_other_is_the_same_number_in_canonical_json(number: str, canonically: bytes) -> None:
    found = one_object(f'{{"n": {number}}}'.encode())

    assert canonical(found) == b'{"n":' + canonically + b"}"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"b": {"a": 1, "a": 2}}', "b.a"),
        (b'{"b": [{"\\u0061": 1, "a": 2}]}', "b.a"),
    ],
)
def test_a_member_that_stands_there_twice_is_named(body: bytes, path: str) -> None:
    with pytest.raises(Fault) as refused:
        one_object(body)

    assert (refused.value.code, refused.value.field) == ("duplicate_member", path)
