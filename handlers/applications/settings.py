"""The variables of the applications' API."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from handlers.channel import Values
from handlers.identity.iap import KEYS_URL
from handlers.settings import Variable, origin

if TYPE_CHECKING:
    from approvals.policy.model import Policy

HIDDEN = (r"whsec_[\w+/=-]+",)
"""What a secret that signs webhooks looks like."""

SCHEME = "application"


class ApplicationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where applications call, exactly as their tokens name it: it is what a token is for; and by whose
    keys the assertions count that they bring.
    """

    url: str
    proxy_keys_url: str = KEYS_URL


VARIABLES = (
    Variable(
        name="COUNTERSIGN_API_URL",
        doc=(
            "Where applications call `/v1`, without a path: `https://HOST`. Their tokens name it letter for letter"
            " (`aud`). Required where the policy has `applications` and this service is not the pages alone. Plain"
            " http needs `COUNTERSIGN_SANDBOX=1`."
        ),
        parse=origin,
    ),
)


def weak(values: Values) -> list[str]:
    """What weakens trust."""
    url = values["COUNTERSIGN_API_URL"]
    if url and not url.startswith("https://"):
        return [
            "COUNTERSIGN_API_URL: it is plain http. Set an https address, or COUNTERSIGN_SANDBOX=1 for a sandbox."
        ]
    return []


def missing(values: Values, wrong: Collection[str]) -> list[str]:
    """Nothing: only a policy can need it."""
    return []


def read(values: Values) -> ApplicationSettings | None:
    """None where applications do not call this service."""
    url = values["COUNTERSIGN_API_URL"]
    return ApplicationSettings(url=url, proxy_keys_url=values.get("IAP_JWKS_URL") or KEYS_URL) if url else None


def needed(policy: "Policy") -> str:
    """What to set where a policy has applications, and they could not call."""
    from approvals.policy import itself  # noqa: PLC0415 - commands read settings without a policy

    if not policy.applications.keys() - {itself.APPLICATION}:
        return ""
    return (
        "COUNTERSIGN_API_URL: it is missing, and the policy has applications. Set the address at which they call,"
        " such as https://approvals.example.com, or take `applications` out of the policy."
    )
