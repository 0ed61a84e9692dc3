"""What is said of a task that ended before, and whose answer is not kept any more."""

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR

from countersign_client.mcp.proxy.ends import End
from countersign_client.mcp.tasks import Cancelled

AGAIN = "Look first what it did; the same call again asks for a new approval."

_ANSWERED = (
    "This task came to its end at {at}: its call was made, and answered. What that was is not kept here any more."
    f" {AGAIN}"
)

_GONE = f"This task came to its end before, and what it answered is not kept here any more. {AGAIN}"

_UNRUN = "Nothing has run by this task, and what it answered is not kept here any more."

_CANCELLED = "It was cancelled before anything of it had begun: nothing runs by this task."

_STILL = "It is approved still: call again with the same arguments."


def said(end: End, *, unsent: bool) -> str:
    """Return it. A task stays as it ended: raises `MCPError` of one that failed, and `Cancelled`.

    `unsent`: nothing of its approval was sent from here, and it can be yet.
    """
    if end.how == "cancelled":
        raise Cancelled(f"{_CANCELLED} {_STILL if unsent else AGAIN}")
    text = f"{_UNRUN} {_STILL}" if unsent else _GONE
    if end.how == "failed":
        raise MCPError(code=INTERNAL_ERROR, message=text)
    return _ANSWERED.format(at=end.at) if end.how == "answered" else text
