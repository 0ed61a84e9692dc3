"""A call of a tool, as people read it: the lines that its digest covers, what is judged by them first.

All of these lines are shown, each sign by sign; where they stand and how they are laid out is not digested.
"""

from collections.abc import Sequence

from approvals.targets import ASKED_BY, ActionCall, agent_of
from countersign_client.shown import Line as Shown
from countersign_client.tools import ARGUMENT, DEFINITION, NAME, SERVER
from handlers.wording.text.laying import laid
from handlers.wording.text.lines import Code, Fact, Laid, Line, Part, Value

_BEFORE = 2
"""Lines before those of the parameters: the action, and its application."""


def program(call: ActionCall) -> Part:
    """The program that asks, in the middle of a sentence: an agent by its title."""
    title = agent_of(call)
    return f"{title} (an agent)" if title else Code(call.application)


def tool(call: ActionCall) -> Line:
    """Which tool of which server; empty where no call of one is asked for, or its texts are erased."""
    found = {each.name: each.value for each in call.parameters}
    return (Code(found[NAME]), " of ", Code(found[SERVER])) if NAME in found and SERVER in found else ()


def judged(shown: Sequence[Shown], call: ActionCall) -> tuple[Fact, ...]:
    """The lines of a call: who asks and for whom, which call, with what; the definition's digest comes last."""
    facts = [_fact(line, value) for line, value in zip(shown, _values(call, len(shown)), strict=True)]
    end = _BEFORE + len(call.parameters)
    above = [_metadata(shown, call, end), end + len(call.metadata) + bool(call.risk), 0]
    called = [_BEFORE + index for index, each in enumerate(call.parameters) if each.name != DEFINITION]
    first = [*above, *called]
    last = [_BEFORE + index for index, each in enumerate(call.parameters) if each.name == DEFINITION]
    rest = [index for index in range(len(facts)) if index not in {*first, *last}]
    return tuple(facts[index] for index in (*first, *rest, *last))


def _metadata(shown: Sequence[Shown], call: ActionCall, begin: int) -> int:
    """The line that says which agent asks, among those of the metadata."""
    labels = [label for label, _ in shown[begin : begin + len(call.metadata)]]
    return begin + labels.index(ASKED_BY)


def _values(call: ActionCall, count: int) -> Sequence[str]:
    """Beside each line the argument that stands in it; empty where none does."""
    found = [each.value if each.name.startswith(ARGUMENT) else "" for each in call.parameters]
    return ["", "", *found, *[""] * (count - _BEFORE - len(found))]


def _fact(line: Shown, value: str) -> Fact:
    label, text = line
    rows = laid(text, value) if value else text
    return Fact(label=label, value=(Laid(text, rows) if rows != text else Value(text),))
