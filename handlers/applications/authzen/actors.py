"""Who acts for somebody, such as an agent: the application's word, which binds and is shown, and proves nothing.

The draft leaves it out of what it compares, so that two agents of one person would share an approval.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from handlers.applications.authzen.questions import Members, Submission, fault, properties

DEEPEST = 8
"""Links of a chain of actors."""

AGENT = "ai_agent"
_PLAIN = re.compile(r'[^\s()"]+')


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link of a chain, by who vouches for it and what that calls it. `type` is a word for people."""

    sub: str
    iss: str = ""
    type: str = ""


Chain = tuple[Actor, ...]
"""From the immediate actor outward, towards the person; empty where the person acts themselves."""


def of_subject(subject: Members) -> Chain:
    """The chain in `subject.properties.act`. Raises `Fault`."""
    found = properties(subject).get("act")
    return () if found is None else tuple(_links(found, "subject.properties.act", id="sub", issuer="iss"))


def of_submission(found: Submission) -> Chain:
    """The chain of a submission, which has it as the evaluation had, or as `client.actor`. Raises `Fault`."""
    own, moved = of_subject(found.subject), found.client.get("actor")
    if moved is None:
        return own
    chain = tuple(_links(moved, "client.actor", id="id", issuer="issuer"))
    if own and not same(own, chain):
        raise fault("client.actor", "The member client.actor is another one than subject.properties.act.")
    return chain


def same(one: Chain, other: Chain) -> bool:
    """An actor is who vouches for it and what that calls it, and nothing else."""
    return [(each.iss, each.sub) for each in one] == [(each.iss, each.sub) for each in other]


def bound(chain: Chain) -> dict[str, Any]:
    """What the request binds of it, and shows."""
    if not chain:
        return {}
    name = "asked by an agent" if chain[0].type == AGENT else "asked by"
    return {name: " for ".join(_named(each) for each in chain)}


def _named(actor: Actor) -> str:
    return f"{_word(actor.sub)} ({_word(actor.iss)})" if actor.iss else _word(actor.sub)


def _word(text: str) -> str:
    """As it is where it is one plain word; else in quotes, so that no two chains are written alike."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _links(found: Any, where: str, *, id: str, issuer: str) -> Iterator[Actor]:  # noqa: A002 - the draft's name
    names = (id, issuer, "type" if id == "id" else "sub_profile")
    for _ in range(DEEPEST):
        yield _link(found, where, names)
        found, where, names = found.get("act"), f"{where}.act", ("sub", "iss", "sub_profile")
        if found is None:
            return
    raise fault(where, f"A chain of actors has at most {DEEPEST} links.")


def _link(found: Any, where: str, names: tuple[str, str, str]) -> Actor:
    if not isinstance(found, dict):
        raise fault(where, f"The member {where} must be one JSON object.")
    sub, iss, kind = (found.get(name, "") for name in names)
    texts = all(isinstance(each, str) and len(each) <= 300 for each in (sub, iss, kind))
    if not texts or not sub:
        raise fault(where, f"The member {where} says in texts who it is, {names[0]} at least.")
    return Actor(sub, iss, kind)
