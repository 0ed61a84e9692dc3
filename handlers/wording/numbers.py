"""Numbers of requests in words: what became of them, and how long people took."""

from collections.abc import Mapping
from datetime import timedelta

from approvals.times import in_words

OUTCOMES: Mapping[str, str] = {
    "approved": "Approved",
    "denied": "Denied",
    "expired": "Expired",
    "pending": "Waiting",
    "withdrawn": "Withdrawn",
}


def took(seconds: int | None) -> str:
    """Say how long, no finer than its reader needs: seconds below a minute, else minutes."""
    if seconds is None:
        return "–"
    if seconds == 0:
        return "under 1 second"
    return in_words(timedelta(seconds=seconds if seconds < 60 else round(seconds / 60) * 60))
