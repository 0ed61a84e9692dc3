"""Whether a topic takes what happens: by what the store holds of that, and by what Google lets this service do.

Nothing is published to see it.
"""

from collections.abc import Iterator, Sequence

from approvals.ports.examining import Diagnosis, found
from approvals.reconcile.eventing import ASIDE, Told

PART = "events"

_MANY = 3
"""Tries in vain that are more than a slip: some seconds."""


def examine(
    chains: Sequence[tuple[str, Told]], *, topic: str, more: bool, barred: Diagnosis | None
) -> Iterator[Diagnosis]:
    """Say what of the chains with something left to tell is refused, and what waits.

    `more`: there are others, which were not looked at. `barred` is what keeps this service from publishing: what
    was told until now says nothing of a topic that was named only now.
    """
    if barred is not None:
        yield barred
    refused = [(name, each) for name, each in chains if each.aside]
    waiting = [name for name, each in chains if each.tries >= _MANY]
    if refused:
        count = sum(len(each.aside) for _, each in refused)
        name, first = refused[0]
        yield found(
            PART,
            "wrong",
            "events.refused",
            topic=topic,
            count=count,
            seq=first.aside[0],
            chain=_named(name),
            most=ASIDE,
        )
    if waiting:
        yield found(PART, "wrong", "events.waiting", topic=topic, count=len(waiting), chain=_named(waiting[0]))
    if more:
        yield found(PART, "warning", "events.more", topic=topic, count=len(chains))
    elif not refused and not waiting and barred is None:
        yield found(PART, "ok", "events.ok", topic=topic)


def _named(chain: str) -> str:
    return chain or "the installation"
