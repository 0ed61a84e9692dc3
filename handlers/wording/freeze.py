"""The freeze, in words: one sentence that every channel says, and what it means for a message."""

from approvals.epochs import Epoch
from approvals.parts import Part, Unread
from approvals.telling.cards import AnyFreeze
from handlers.wording.text.typed import clip, quotable

_REASON = 300
"""Characters of the reason that are shown: it stands in every card that waits, beside what is decided on."""

_NAME = 60


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


def you_are_frozen(person: str, said: str) -> str:
    """The same to that person themselves. `person` is who froze them, as the audit says it."""
    return (
        f"You are frozen by {named(person)}: you can ask for nothing and decide nothing until an"
        " administrator thaws that, and what you asked for waits. You can still withdraw a request and end access."
        f"{_because(said)}"
    )


def named(by: str) -> str:
    """Who froze or thawed something: a person by their address, and whoever did it at the machine as no name."""
    return by if "@" in by else "your administrators"


UNREAD = (
    "What your administrators have frozen cannot be read: until they have mended that nobody can ask, approve or"
    " deny. You can still withdraw a request and end access. Tell whoever runs Countersign."
)
"""Said while a freeze may be of anything."""


def frozen_already(name: str, person: str, said: str) -> str:
    """`name` is empty of everything; `person` is who froze it."""
    return f"{name or 'Everything'} is frozen already, by {named(person)}. Nothing was changed.{_because(said)}"


def not_frozen(name: str) -> str:
    """The same of what is to be thawed."""
    what = f"{name} is not frozen by itself" if name else "Not everything is frozen"
    return f"{what}, so nothing was changed. Somebody may have thawed it meanwhile."


def no_entitlement(name: str) -> str:
    """What is to be frozen is nothing that the policy names."""
    if not name.strip():
        return "Say which: write the id of an entitlement or action as the policy has it."
    return f"The policy names no entitlement or action “{clip(quotable(name), _NAME)}”. Write its id as there."


def no_person(name: str, names: tuple[str, ...]) -> str:
    """Who is to be frozen can be nobody here. `names` are the domains of people."""
    known = " or ".join(f"name@{domain}" for domain in names)
    if not name.strip():
        return f"Say who: write the whole address of a person, such as {known}."
    return f"“{clip(quotable(name), _NAME)}” is no address of a person here. Write all of it, such as {known}."


def frozen_in_words(freeze: AnyFreeze | None, reader: str = "") -> str:
    """The same of a freeze that may be none; empty then. `reader` is the address of who reads it."""
    if freeze is None:
        return ""
    if isinstance(freeze, Epoch):
        return everything_is_frozen(freeze.why)
    if isinstance(freeze, Unread):
        return UNREAD
    if reader and reader in freeze.addresses:
        return you_are_frozen(freeze.by, freeze.why)
    told = a_person_is_frozen if freeze.kind == "person" else an_entitlement_is_frozen
    return told(freeze.name, freeze.why)


def held_up(freeze: AnyFreeze, *, waits: bool, reader: str = "") -> str:
    """Say what the freeze holds up: a decision, or the setting up of what was approved.

    `reader` is the address of the one who reads it, where nobody else does.
    """
    if isinstance(freeze, Part) and reader and reader in freeze.addresses:
        return f" {you_are_frozen(freeze.by, freeze.why)}"
    held = "approved or denied" if waits else "set up"
    if isinstance(freeze, Unread):
        said = "What your administrators have frozen cannot be read: until they have mended that"
        return f" {said} this cannot be {held}."
    what = "everything" if isinstance(freeze, Epoch) else freeze.name
    return (
        f" Your administrators have frozen {what}: until they thaw it this cannot be {held}.{_because(freeze.why)}"
    )


def _because(why: str) -> str:
    """A sentence with a typed reason, cut where it is long; empty where there is none."""
    said = clip(quotable(why), _REASON)
    return f" Their reason: “{said}”." if said else ""
