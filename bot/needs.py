"""What has to be set for what the policy needs of this service."""

from collections.abc import Iterator, Sequence
from typing import Any

from approvals.policy import itself
from approvals.policy.model import Policy
from bot.settings import Settings
from handlers.channel import Channel

_KEYS = "secret:projects/PROJECT/secrets/SECRET/versions/latest, or file:PATH on a machine with a disk"


def lacking(channels: Sequence[Channel[Any]], settings: Settings, policy: Policy) -> str:
    """What to set for a channel that the policy needs of this service, which has no such channel, and for what
    it signs.
    """
    if settings.routes == "pages":
        return ""
    said = (each.needed(policy) for each in channels if each.name not in settings.channels)
    return " ".join([*filter(None, said), *_unsigned(settings, policy)])


def _unsigned(settings: Settings, policy: Policy) -> Iterator[str]:
    if policy.actions.keys() - {itself.ACTION} and settings.receipt_signer is None:
        yield (
            "COUNTERSIGN_RECEIPT_SIGNER: it is missing, and the policy has actions: an application that uses an"
            f" approval holds its receipt, and does nothing without. Set {_KEYS}, or take `actions` out of the"
            " policy."
        )
    told = sorted(each.id for each in policy.applications.values() if each.webhook)
    if told and settings.webhook_signer is None:
        yield (
            f"COUNTERSIGN_WEBHOOK_SIGNER: the policy names a webhook for {', '.join(told)}, and nothing signs what"
            f" goes there. Set {_KEYS}, or take the webhook out of the policy."
        )
