"""Names from the environment that this version refuses, each with what to do instead.

A name that is ignored in silence is a limit that somebody believes in.
"""

from bot import jit_access

NOT_IN_THIS_VERSION = {
    "IAP_CLIENT_ID": "it is for `countersign login` alone, and the service needs none. Unset it",
}


def reason(name: str) -> str | None:
    """Say why a name is refused and what to set instead, or None when it is not one of these."""
    return NOT_IN_THIS_VERSION.get(name) or jit_access.REFUSED.get(name)
