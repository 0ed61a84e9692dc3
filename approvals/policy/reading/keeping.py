"""How long typed texts are kept once all is over."""

from datetime import timedelta

import yaml

from approvals.policy.reading.document import Reader
from approvals.policy.reading.values import duration
from approvals.times import in_words

SHORTEST = timedelta(days=30)
"""By then every message is sent or given up, every webhook taken or dead and every answer of a call forgotten.

And whoever finds something odd in last month's access can still read why it was given.
"""

LONGEST = timedelta(days=36_500)


def retention(reader: Reader, node: yaml.Node | None, what: str) -> timedelta | None:
    """Read how long; None where nothing stands, and what was typed is kept for good."""
    if node is None:
        return None
    found = duration(reader, node, what, longest=LONGEST)
    if found is not None and found < SHORTEST:
        text = (
            f"{what} is {in_words(SHORTEST)} at least: until then texts are still needed, by messages that are"
            " tried again and by whoever looks into what happened"
        )
        reader.refuse(node, "bad-retention", text)
        return None
    return found
