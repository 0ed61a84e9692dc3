"""Pages of a list, by cursor (docs.slack.dev, Pagination)."""

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from sandbox.slack.records import SlackError

LONGEST = 999
_USUAL = 100

Item = TypeVar("Item")


def cut(held: Sequence[Item], args: dict[str, Any], *, most: int) -> tuple[Sequence[Item], str]:
    """What is looked through for one page, and the cursor of the next; at most `most`, whatever `limit` says.

    What is not asked for is left out afterwards, as Slack does it: a page may hold fewer than `limit`, even none,
    before the end is reached.
    """
    start = _cursor(args.get("cursor"))
    following = start + min(_limit(args.get("limit")), most)
    cursor = base64.b64encode(f"at:{following}".encode()).decode() if following < len(held) else ""
    return held[start:following], cursor


def _cursor(given: object) -> int:
    if not given:
        return 0
    try:
        return int(base64.b64decode(str(given), validate=True).decode().removeprefix("at:"))
    except ValueError:
        raise SlackError("invalid_cursor") from None


def _limit(given: object) -> int:
    if given in (None, ""):
        return _USUAL
    if not str(given).isdigit() or not 1 <= int(str(given)) <= LONGEST:
        raise SlackError("invalid_limit")
    return int(str(given))
