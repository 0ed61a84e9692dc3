"""How long typed texts are kept once all is over."""

from datetime import timedelta

import yaml

from approvals.policy.access import SHORTEST_RETENTION
from approvals.policy.reading.document import Reader
from approvals.policy.reading.values import duration
from approvals.times import in_words

LONGEST = timedelta(days=36_500)


def retention(reader: Reader, node: yaml.Node | None, what: str) -> timedelta | None:
    """Read how long; None where nothing stands, and what was typed is kept for good."""
    if node is None:
        return None
    found = duration(reader, node, what, longest=LONGEST)
    if found is not None and found < SHORTEST_RETENTION:
        shortest = in_words(SHORTEST_RETENTION)
        text = (
            f"{what} is {shortest} at least: until then texts are still needed, by messages that are"
            " tried again and by whoever looks into what happened"
        )
        reader.refuse(node, "bad-retention", text)
        return None
    return found
