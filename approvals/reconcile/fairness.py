"""Many subjects of one person keep nobody else waiting: work is handed out person by person."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from approvals.ids import told_together
from approvals.limits import Filings

_REQUEST = "request:"
_REMEMBERED = 10_000


def round_robin(
    waiting: Sequence[str], running: Iterable[str], *, person: Callable[[str], str], most: int
) -> list[str]:
    """Put subjects in turn: everybody's first, then everybody's second, in their order otherwise.

    What is at work counts as taken turns, and nobody gets more than `most` with it.
    """
    turns = Counter(map(person, running))
    placed = []
    for place, subject in enumerate(waiting):
        who = person(subject)
        turns[who] += 1
        if turns[who] <= most:
            placed.append((turns[who], place, subject))
    return [subject for _, _, subject in sorted(placed)]


class Requesters:
    """Who each subject is for, read once: it never changes."""

    def __init__(self, store: Filings) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def of(self, subjects: Collection[str]) -> Mapping[str, str]:
        """The person of each subject, or the application that is told; one that is nobody's stands for itself."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        asked = {subject.removeprefix(_REQUEST): subject for subject in subjects if subject.startswith(_REQUEST)}
        unknown = [request for request, subject in asked.items() if subject not in self._known]
        for request, person in self._store.requesters(unknown).items() if unknown else ():
            self._known[asked[request]] = person
        return {subject: self._known.get(subject) or told_together(subject) or subject for subject in subjects}
