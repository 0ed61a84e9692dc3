"""The approval system speaks to nobody: what people read is made of its codes and facts, in the channels."""

import ast
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

import pytest

from tests.support.sources import modules, name_of

ELSEWHERE = (
    "approvals/policy/",  # what `policy lint` says of a file, and the phrases that it shares with cards
    "approvals/cel.py",  # the same
    "approvals/eligible/",  # what `migrate jit-access` says of an export, as lint does of a file
    "approvals/backends/",  # what an operator reads in the log, or when a start or a command is refused
    "approvals/auditing/audits.py",  # what `audit verify` finds
    "approvals/auditing/replay.py",  # the same
    "approvals/auditing/consistent.py",  # the same, of a record by itself
    "approvals/auditing/takings.py",  # the same, of calls of a window
    "approvals/terms/",  # the same
)
TO_LOGS = {
    *(
        "ChannelError",
        "Conflict",
        "Late",
        "NotFound",
        "NotKept",
        "NotSent",
        "OffersUnknown",
        "Unavailable",
        "UnknownChannel",
    ),  # see wording/errors
    *("TypeError", "ValueError", "__init__"),  # what an error hands up as its text; a refusal has none
    *("debug", "info", "warning", "error", "exception", "log"),
    "attempt",  # what the log says where something was not sent
}
"""What is raised or called with a text that no person is shown."""

_SENTENCE = re.compile(r"[A-Za-z’']+(?:[ ,;:]+[A-Za-z’']+){3,}")
_SLACK = re.compile(r"slack(?!_teams)", re.IGNORECASE)


class Text(NamedTuple):
    line: int
    text: str


def sentences(module: ast.Module) -> Iterator[Text]:
    """Texts of four words and more that are neither documentation nor for a log."""
    to_logs: set[int] = set()
    for node in ast.walk(module):
        found = isinstance(node, ast.FunctionDef) and node.name == "faults"  # of the audit
        if found or (isinstance(node, ast.Call) and name_of(node.func) in TO_LOGS):
            to_logs |= {id(part) for part in ast.walk(node)}
    return (text for text in texts(module, but=to_logs) if _SENTENCE.search(text.text))


def texts(module: ast.Module, *, but: Collection[int] = ()) -> Iterator[Text]:
    """Every text but documentation and those of these ids."""
    unread = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        known = id(node) in unread or id(node) in but
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not known:
            yield Text(node.lineno, node.value)


def test_no_sentence_that_people_read_stands_in_the_approval_system() -> None:
    read = [(path, module) for path, module in modules("approvals") if not path.startswith(ELSEWHERE)]
    found = [f"{path}:{text.line}: {text.text}" for path, module in read for text in sentences(module)]
    assert len(read) > 40
    assert found == []


def test_no_word_of_slack_stands_in_the_approval_system() -> None:
    found = []
    for path, module in modules("approvals"):
        found += [f"{path}:{text.line}: {text.text}" for text in texts(module) if _SLACK.search(text.text)]
    # The policy file has a key for workspaces, and lint says what Slack makes of a name of a channel.
    assert [each for each in found if not each.startswith("approvals/policy/")] == []


@pytest.mark.parametrize(
    "code",
    [
        'raise Refused("self", "Somebody else must decide on this.")',
        'TEXT = "You have this already."',
        'def say(who):\n    return f"{who} may not ask for this."',
    ],
)
def test_a_sentence_is_seen(code: str) -> None:
    assert len(list(sentences(ast.parse(code)))) == 1


@pytest.mark.parametrize(
    "code",
    [
        '"""What this is about, in words."""',
        'raise Unavailable("the answer came too late for this")',
        '_log.warning("%s: it was not sent at all", name)',
        'raise Refused("not_yours")',
    ],
)
def test_what_no_person_is_shown_is_let_be(code: str) -> None:
    assert list(sentences(ast.parse(code))) == []
