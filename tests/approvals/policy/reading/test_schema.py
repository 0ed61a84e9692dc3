from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from approvals.policy.reading import keys
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.schema import schema
from tests.approvals.policy.files import FILE, TICKETS, changed

EXAMPLE = Path(__file__).parents[4] / "examples" / "policy.yaml"


def valid(text: str) -> bool:
    return Draft202012Validator(schema()).is_valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("version: 1", "version: 1\nunknown: 1"),
        ("version: 1", "version: 1\nsources: {}"),
        ("[example.com]", "[]"),
        ("    requesters:", "    requestors:"),
        ("approval: self", "approval: some"),
        ("approval: self", "approval: auto\n    auto: {}"),
        ("approval: self", "approval: auto\n    auto: {oncall: {}}"),
        ("approval: self", "approval: self\n    guests: request"),
        ("entitlements:", "tickets: {pattern: x}\nentitlements:"),
        ("entitlements:", "tickets: {pattern: x, url: 'http://x.example/{ticket}'}\nentitlements:"),
        ("entitlements:", "tickets: {pattern: x, url: 'https://{ticket}.example/'}\nentitlements:"),
        ("entitlements:", "tickets: {pattern: x, url: 'https://x.example/{ticket}#{ticket}'}\nentitlements:"),
        ("[example.com]", "[example.com]\n  plus_addresses: some"),
        ("approval: self", "approval: []"),
        ("needed: 2", "needed: 0"),
        ("sign: typed", "sign: passkey"),
        ("resource: folders/123", "resource: folders/x"),
        ("{default: 30m, max: 1h}", "{default: 30, max: 1h}"),
    ],
)
def test_what_the_parser_refuses_the_editor_marks(old: str, new: str) -> None:
    assert not valid(changed((old, new)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_example_and_the_test_file_are_valid() -> None:
    assert valid(EXAMPLE.read_text(encoding="utf-8"))
    assert valid(FILE)
    assert valid(TICKETS + FILE)


@pytest.mark.parametrize("known", [("pending",), ("pending", "per_hour", "per_day")], ids=["one less", "one more"])
def test_a_key_that_the_reader_knows_and_the_schema_does_not_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...]
) -> None:
    monkeypatch.setattr(keys, "LIMITS", Keys(known=known))
    with pytest.raises(ValueError, match="a shape for each key"):
        schema()
