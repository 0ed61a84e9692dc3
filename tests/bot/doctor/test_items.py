"""All that the doctor is to examine by itself has a finding, with why it matters and what mends it."""

import json
from collections.abc import Mapping
from string import Formatter

import pytest

from approvals.ports.examining import found
from bot.doctor.clocks import MOST
from bot.doctor.printed import as_json, lines, worst
from bot.redaction import Redaction
from handlers.wording.diagnoses import DIAGNOSES
from tests.support.builders import NOW

ITEMS: Mapping[str, tuple[str, ...]] = {
    "Slack's token": ("slack.token", "slack.unanswered"),
    "Slack's scopes": ("slack.scope.chat:write", "slack.scope.commands", "slack.scopes.beyond"),
    "the team": ("slack.team",),
    "membership of channels": ("slack.absent", "slack.hidden", "slack.archived", "slack.shared", "slack.channels"),
    "blocks.validate": ("slack.blocks",),
    "an actual signature": ("keys.tokens", "keys.receipts", "keys.webhooks", "keys.none", "keys.unanswered"),
    "testIamPermissions on the scope": ("google.lacking", "google.hidden", "google.unanswered"),
    "Asset Inventory": ("asset.hidden",),
    "the directory": ("directory.hidden", "users.hidden"),
    "Secret Manager": ("keys.tokens", "keys.unanswered", "settings.wrong"),
    "mail": ("mail.refused", "mail.plain"),
    "the form of the audience": ("settings.wrong", "pages.service", "pages.keys"),
    "the clock": ("clock.off", "clock.unanswered"),
    "a round through the store": ("store.broken", "store.unanswered", "store.none"),
    "the policy": ("policy.unreadable", "policy.wrong", "policy.warnings", "policy.other", "policy.lacking"),
    "unsafe settings": ("settings.sandbox", "settings.weak", "settings.debug"),
}


NOTHING = Redaction((), hidden=())


@pytest.mark.parametrize("item", ITEMS)
def test_each_item_has_findings_that_say_why_they_matter_and_what_mends_them(item: str) -> None:
    """For people as for programs; one that is wrong makes the whole wrong, which ends the command with 1."""
    for code in ITEMS[item]:
        words = DIAGNOSES[code]
        names = {name for each in (words.what, words.why, words.mend) for _, name, _, _ in Formatter().parse(each)}
        wrong = found(code.partition(".")[0], "wrong", code, **{name: "x" for name in names if name})
        told = json.loads(as_json([wrong], NOTHING, version="1", at=NOW))
        (said,) = told["diagnoses"]

        assert (told["verdict"], said["code"], worst([wrong])) == ("wrong", code, "wrong")
        assert all(said[member] and "{" not in said[member] for member in ("what", "why", "mend"))
        assert len(list(lines([wrong], NOTHING))) == 3


def test_the_clock_may_be_off_by_five_seconds() -> None:
    assert MOST.total_seconds() == 5
