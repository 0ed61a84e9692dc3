"""What `countersign doctor` says, in one table: what it found, why that matters, and what mends it.

The codes are stable: programs read them.
"""

from approvals.ports.examining import Diagnosis
from handlers.wording.diagnoses import google, here, mail, pages, slack
from handlers.wording.diagnoses.words import Table, Words

DIAGNOSES: Table = {**here.WORDS, **slack.WORDS, **mail.WORDS, **pages.WORDS, **google.WORDS}


def told(diagnosis: Diagnosis) -> Words:
    """Say a diagnosis. A fact that is missing shows its name."""
    facts = _Facts(diagnosis.facts)
    return Words(*(sentence.format_map(facts) for sentence in DIAGNOSES[diagnosis.code]))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"({name})"
