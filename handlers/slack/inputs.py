"""Fields of forms, as Block Kit inputs, and what is said above one that was typed wrongly."""

from collections.abc import Iterable

import msgspec

from handlers.slack.markup import Block, plain_text


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why what was typed for a field (`entitlement`, `start`, `duration` or `justification`) does not do."""

    field: str
    text: str


def wrong(problems: Iterable[Problem], field: str) -> list[Block]:
    """What does not do of a field, to stand above it."""
    return [
        {"type": "section", "text": plain_text(problem.text, most=2900)}
        for problem in problems
        if problem.field == field
    ]


def labelled(block_id: str, label: str, element: Block, *, hint: str = "") -> Block:
    """A field with its label, and a hint beneath it."""
    block = {"type": "input", "block_id": block_id, "label": plain_text(label, most=200), "element": element}
    return block | ({"hint": plain_text(hint, most=200)} if hint else {})
