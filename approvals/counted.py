"""Counted windows: one approval that is for several calls of one tool, until a moment and up to a number."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from approvals.ids import is_request_id
from approvals.policy.tools import CallWindow
from approvals.reviews import Typed
from approvals.times import rfc3339
from countersign_client.chain import Entry


class Shut(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a window, used up or not: its time was over, or `by` ended it and `why` says why.

    Or the person it was for has `left`, or their `session` was revoked, or the store was restored since.
    """

    at: datetime
    cause: Literal["time", "person", "restored", "left", "session"] = "time"
    by: str = ""
    why: Typed | None = None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Several calls by one approval: `uses` in all before `until`, of which `taken` are gone.

    The call that was asked for is the first of them, whether it is made or not.
    """

    until: datetime
    uses: int
    taken: int = 1
    shut: Shut | None = None

    @property
    def left(self) -> int:
        """How many calls can still be taken, by the record alone; its time may be over all the same."""
        return 0 if self.shut is not None else max(0, self.uses - self.taken)


def opened(rule: CallWindow, *, at: datetime) -> Counted:
    """The window that an approval at this moment, in whole seconds, opens by a rule."""
    return Counted(until=at + rule.lasts, uses=rule.uses)


# --- as their chain tells it


def on_record(found: Counted) -> dict[str, Any]:
    """What the entry that opens a window says of it."""
    return {"until": rfc3339(found.until), "uses": found.uses}


def facts(found: Counted | None) -> dict[str, Any] | None:
    """A window in the values that a chain holds."""
    if found is None:
        return None
    shut = found.shut
    said = shut and {
        "at": rfc3339(shut.at),
        "cause": shut.cause,
        "by": shut.by,
        "why": shut.why.digest if shut.why else "",
    }
    return on_record(found) | {"taken": found.taken, "shut": said}


def told(opened: Any) -> dict[str, Any] | None:
    """The same by the entry that opened it; None where it opened none."""
    if opened is None:
        return None
    return {"until": opened["until"], "uses": opened["uses"], "taken": 1, "shut": None}


def stands(request: dict[str, Any]) -> bool:
    """By what a chain tells of its request, nothing has ended its window, but for the time."""
    window, lapsed = request["window"], request["lapsed"]
    ended = lapsed is not None and lapsed["cause"] != "time"
    return window is not None and window["shut"] is None and not ended


def follow_taken(request: dict[str, Any], entry: Entry) -> None:
    """One more call: a request, the next one by number, none too many and none too late. Raises `ValueError`."""
    window, number = request["window"], entry.detail["number"]
    if not is_request_id(entry.detail["request"]):
        raise ValueError("it names no request")
    left = stands(request) and number == window["taken"] + 1 <= window["uses"]
    if not left or entry.at >= window["until"]:
        raise ValueError("no such call was left")
    window["taken"] += 1


def follow_shut(request: dict[str, Any], entry: Entry) -> None:
    """The end of it, of which there is one. Raises `ValueError`."""
    if not stands(request):
        raise ValueError("it was over before")
    cause = entry.detail["cause"]
    by = entry.actor if cause == "person" else ""
    said = {"at": entry.at, "cause": cause, "by": by, "why": entry.detail.get("comment", "")}
    request["window"] |= {"shut": said}
