"""The freeze, in words: one sentence that every channel says, and what it means for a message."""

from approvals.cards import AnyFreeze
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


def an_entitlement_is_frozen(name: str, said: str) -> str:
    """The same of one entitlement or action, by its id."""
    return (
        f"Your administrators have frozen {name}: until they thaw it nobody can ask for it, or approve or deny"
        f" what was asked. You can still withdraw a request and end access.{_because(said)}"
    )


def a_person_is_frozen(person: str, said: str) -> str:
    """The same of one person, whoever reads it."""
    return (
        f"Your administrators have frozen {person}: until they thaw that, nothing is decided by this person or"
        f" given to them. Requests can still be withdrawn, and access ended.{_because(said)}"
    )


def frozen_in_words(freeze: AnyFreeze | None) -> str:
    """The same of a freeze that may be none; empty then."""
    if freeze is None:
        return ""
    if isinstance(freeze, Epoch):
        return everything_is_frozen(freeze.why)
    told = a_person_is_frozen if freeze.kind == "person" else an_entitlement_is_frozen
    return told(freeze.name, freeze.why)


def held_up(freeze: AnyFreeze, *, waits: bool) -> str:
    """Say in a message what the freeze holds up: a decision, or the setting up of what was approved."""
    held = "approved or denied" if waits else "set up"
    what = "everything" if isinstance(freeze, Epoch) else freeze.name
    return (
        f" Your administrators have frozen {what}: until they thaw it this cannot be {held}.{_because(freeze.why)}"
    )


def _because(why: str) -> str:
    """A sentence with a typed reason, cut where it is long; empty where there is none."""
    said = clip(quotable(why), _REASON)
    return f" Their reason: “{said}”." if said else ""
