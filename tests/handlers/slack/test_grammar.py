"""The slash command as Slack sends it."""

import pytest

from handlers.slack.grammar import order, typed
from handlers.wording.reading.commands import LONGEST, Ask, Help

ESCAPED = [
    ("request logs because a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
    ("request logs because <@U0BOB|bob> said so in <#C0ACCESS|access>", "@bob said so in #access"),
    ("request logs because see <https://example.com/INC-7>", "see https://example.com/INC-7"),
]


@pytest.mark.parametrize(("text", "why"), ESCAPED)
def test_a_line_is_read_as_it_was_typed(text: str, why: str) -> None:
    assert order(text) == Ask(what="logs", justification=why)


def test_an_escaped_mention_of_everyone_becomes_words() -> None:
    assert typed("&lt;!channel&gt; <!here> <!subteam^S1|@sre>") == "<!channel> !here !subteam^S1"


@pytest.mark.parametrize("sign", ["x", "<"])
def test_a_text_that_is_too_long_is_not_read_at_all(sign: str) -> None:
    found = order(sign * (LONGEST + 1))
    assert isinstance(found, Help)
    assert "too long" in found.problem
