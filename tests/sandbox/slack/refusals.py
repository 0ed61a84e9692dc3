"""Calls that the sandbox is to refuse."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError


def refusal(call: Any, **arguments: Any) -> str:
    """Make a call of Slack's client and return the error code of its refusal."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])
