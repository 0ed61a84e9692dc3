"""News in Slack: one message that is never redrawn and has nothing to press."""

from approvals.telling.news import News
from handlers.slack.cards import Message
from handlers.slack.markup import escape, rich_facts, rich_line, rich_lines, sections
from handlers.wording.news import words
from handlers.wording.text.lines import plain


def told(found: News) -> Message:
    said = words(found)
    blocks = [
        *sections([said.lead]),
        *([rich_facts(said.facts)] if said.facts else []),
        *([rich_lines(said.lines)] if said.lines else []),
        rich_line(said.advice),
    ]
    return Message(text=escape(plain(said.lead)), blocks=blocks)
