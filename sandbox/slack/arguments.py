"""What a method is called with."""

import json
from typing import Any

from sandbox.slack.records import SlackError

Args = dict[str, Any]


def decoded(args: Args, name: str) -> Any:
    """An argument that a form holds as JSON. Raises `invalid_arguments`, or what Slack says of blocks."""
    value = args.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from None
