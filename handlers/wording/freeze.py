"""The freeze, in words: one sentence that every channel says, and what it means for a message."""

from approvals.epochs import Epoch
from handlers.wording.typed import clip, quotable

_REASON = 300
"""Characters of the reason that are shown: it stands in every card that waits, beside what is decided on."""


def everything_is_frozen(said: str) -> str:
    """Say that everything is frozen, what can still be done, and the reason as it was typed, if there is one."""
    return (
        "Your administrators have frozen everything: until they thaw it nobody can ask, approve, deny or take an"
        f" approval back. You can still withdraw a request and end access.{_because(said)}"
    )


def frozen_in_words(epoch: Epoch | None) -> str:
    """The same of a freeze that may be none; empty then."""
    return everything_is_frozen(epoch.why) if epoch is not None else ""


def held_up(why: str, *, waits: bool) -> str:
    """Say in a message what the freeze holds up: a decision, or the setting up of what was approved."""
    held = "approved or denied" if waits else "set up"
    return f" Your administrators have frozen everything: until they thaw it this cannot be {held}.{_because(why)}"


def _because(why: str) -> str:
    """A sentence with a typed reason, cut where it is long; empty where there is none."""
    said = clip(quotable(why), _REASON)
    return f" Their reason: “{said}”." if said else ""
