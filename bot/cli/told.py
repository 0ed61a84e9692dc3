"""What `policy lint --people` says: how many people each rule tells, and who of them has no account any more."""

import os
from collections.abc import Callable, Iterator, Sequence

from approvals.policy.live import Cloud, members_of
from approvals.policy.model import Policy
from approvals.policy.notified import Notified, notified
from approvals.refusals.errors import CountersignError
from bot.channels import CHANNELS
from bot.cli.lines import say
from bot.outside import outside
from bot.settings import SettingsError, read

_UNKNOWN = "who of them still has an account is not known"


def say_people(policy: Policy, cloud: Cloud | None) -> None:
    """Say it on the standard error: it is for people, and no problem by itself. Without a cloud none is asked."""
    rules = tuple(notified(policy) if cloud is None else notified(policy, members=members_of(cloud)))
    for each in (*rules, *(_accounts(policy, rules) if cloud is not None else ())):
        say(each, err=True)


def _accounts(policy: Policy, rules: Sequence[Notified]) -> Iterator[str]:
    try:
        settings = read(os.environ)
    except SettingsError:
        yield f"{_UNKNOWN}: run this with all settings of the service, as `serve` has them"
        return
    beyond = outside(base_url=settings.google_api_base_url)
    for channel in CHANNELS:
        chosen = settings.channels.get(channel.name)
        if channel.absent is not None and chosen is not None:
            yield from _gone(policy, rules, channel.absent(chosen, beyond), name=channel.name)


def _gone(policy: Policy, rules: Sequence[Notified], absent: Callable[[str], bool], *, name: str) -> Iterator[str]:
    """Whoever is there by one of their addresses is there. After the first question without an answer none is."""
    for person in sorted({who for rule in rules for who in rule.people}):
        try:
            gone = all(absent(address) for address in policy.identity.addresses(person))
        except CountersignError as error:
            yield f"from {person} on, {_UNKNOWN}: {error}"
            return
        if gone:
            counted = "; ".join(rule.where for rule in rules if person in rule.people)
            yield f"{person} has no active account in {name}, and is counted for {counted}"
