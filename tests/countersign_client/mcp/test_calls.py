"""A call is read back from its request as it was asked for, or not at all."""

from typing import Any

import msgspec
import pytest

from countersign_client.applications.answers import Asked, Said
from countersign_client.applications.toolcalls import tool_call
from countersign_client.mcp.calls import call_of

TRICKY: dict[str, Any] = {
    "a text": "plain",
    "a number in a text": "250",
    "a text of JSON": '{"a": 1}',
    "an empty text": "",
    "blanks": "  x ",
    "lines": "a\nb",
    "nothing": None,
    "truth": [True, False],
    "deep": {"b": [1, 1.5, {"c": "null"}], "": "x"},
    "a null in a text": "null",
}


def recorded(arguments: dict[str, Any], **changes: Any) -> tuple[Any, Asked]:
    """A call, and the request that its record is read from."""
    call = tool_call("crm-delete", server="crm", name="delete", definition={"name": "d"}, arguments=arguments)
    parameters = tuple(Said(name=name, text=text) for name, text in call.covered().items())
    good = {"told": {}, "id": "r-0", "state": "pending", "action": "crm-delete", "agent": True}
    return call, Asked(**{**good, "parameters": parameters, **changes})


@pytest.mark.parametrize("name", TRICKY)
def test_every_argument_comes_back_as_it_was(name: str) -> None:
    call, asked = recorded({name: TRICKY[name]})

    found = call_of(asked)

    assert found == call
    assert found is not None
    assert found.values == {name: TRICKY[name]}


def test_all_of_them_and_none_come_back_together() -> None:
    for arguments in (TRICKY, {}):
        call, asked = recorded(arguments)
        assert call_of(asked) == call


def test_what_was_erased_or_is_no_call_is_none() -> None:
    _, asked = recorded(TRICKY)

    assert call_of(msgspec.structs.replace(asked, told={"erased": "2026-11-28T10:00:00Z"})) is None
    assert call_of(msgspec.structs.replace(asked, parameters=())) is None
    assert call_of(msgspec.structs.replace(asked, parameters=asked.parameters[:1])) is None
