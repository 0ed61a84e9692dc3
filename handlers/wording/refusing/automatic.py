"""What approves by itself, as people read it: the rule, who is on call, and why it does not."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from approvals.policy.access import Auto
from approvals.policy.words import AUTO, selector_in_words


def explained(rule: Auto) -> Iterator[str]:
    """Say by what an entitlement is approved."""
    yield f"Approval by {AUTO}, where `{rule.when}`."
    if rule.ical:
        # With its whole address anybody reads it.
        yield f"On call is who attends what is on at the moment in the calendar at {urlsplit(rule.ical).hostname}."
    elif rule.group:
        yield f"On call is who is in {selector_in_words(rule.group)}."


def does_not(*, title: str, rule: str, zone: str) -> str:
    return (
        f"You do not get {title} by yourself now: the policy gives it where `{rule}` (times are of {zone}), and"
        " that does not hold. Ask somebody who is on call, or for something that somebody approves."
    )


def cannot_know(*, title: str) -> str:
    return (
        f"Whether you get {title} by yourself cannot be known now: the calendar or the group that says who is on"
        " call cannot be read, so you do not. Try again in a minute, or ask for something that somebody approves."
    )


def fails(*, title: str, rule: str) -> str:
    return f"Nobody gets {title} for what you ask: `{rule}` fails. Tell whoever writes the policy."
