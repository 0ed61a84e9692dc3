"""Which tools of an agent an action is for, and for how many calls its approver may approve at once."""

from datetime import timedelta

import msgspec

from countersign_client import tools


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """Tools of one server, by the server's name and a pattern of theirs: a star stands for anything."""

    server: str
    name: str

    def fits(self, server: str, name: str) -> bool:
        """Whether a call of this tool is one of the action's."""
        return server == self.server and tools.fits(self.name, name)

    def meets(self, other: "Tool") -> bool:
        """Whether there is a tool that fits both."""
        return self.server == other.server and tools.overlap(self.name, other.name)


class CallWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What an approver may choose in the place of one call: so many `uses` of that tool in all, for so long."""

    lasts: timedelta
    uses: int

    def within(self, other: "CallWindow") -> "CallWindow":
        """The narrower of the two, in time and in number."""
        return CallWindow(lasts=min(self.lasts, other.lasts), uses=min(self.uses, other.uses))
