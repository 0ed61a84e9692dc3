"""Which account of the workspace a person has: found once by address, and kept in the store."""

from approvals.ports.messages import ChannelError
from approvals.ports.store import Memory
from handlers.slack.channels import Channels
from handlers.slack.workspace import Workspace


class Roster:
    """Finds people's ids for mentions. What is in a mention comes from Slack's own answers alone."""

    def __init__(self, channels: Channels, workspace: Workspace, *, memory: Memory) -> None:
        self._channels = channels
        self._workspace = workspace
        self._memory = memory

    def user(self, person: str, *, timeout: float) -> str:
        """Return a person's id, empty where the workspace does not know them. Raises `Unavailable`."""
        key = f"slack:{self._workspace.home(timeout=timeout).team}:person:{person}"
        known = self._memory.recall(key)
        if known is not None:
            return known
        try:
            found = self._channels.member(person, timeout=timeout)
        except ChannelError:
            # Not kept: they may join.
            return ""
        self._memory.remember(key, found)
        return found
