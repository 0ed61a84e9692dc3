"""News in Slack: one message that is never redrawn and has nothing to press."""

from approvals.news import News
from handlers.slack.cards import Message
from handlers.slack.markup import escape, rich_facts, rich_line, rich_lines, sections
from handlers.wording import news
from handlers.wording.lines import Strong, plain


def told(found: News) -> Message:
    lead = plain(news.lead(found))
    blocks = [
        *sections([(Strong(lead),)]),
        rich_facts(news.facts(found)),
        rich_lines(news.differences(found)),
        rich_line(news.advice(found)),
    ]
    return Message(text=escape(lead), blocks=blocks)
