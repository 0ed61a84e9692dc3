"""Numbers of requests in words: what became of them, and how long people took."""

from collections.abc import Mapping
from datetime import timedelta

from approvals.numbers import Taken
from approvals.policy.model import OF_IAM as IAM
from approvals.times import in_words

OUTCOMES: Mapping[str, str] = {
    "approved": "Approved",
    "denied": "Denied",
    "expired": "Expired",
    "pending": "Waiting",
    "withdrawn": "Withdrawn",
}


OF_IAM = "What IAM offers is not among it: `countersign drift` lists the eligible bindings that nobody used."


def named(taken: Taken) -> str:
    """What a row is called: by its id, which of what IAM offers says nothing by itself."""
    return f"{taken.title} ({taken.name})" if taken.name.startswith(IAM) else taken.name


def took(seconds: int | None) -> str:
    """Say how long, no finer than its reader needs: seconds below a minute, else minutes."""
    if seconds is None:
        return "–"
    if seconds == 0:
        return "under 1 second"
    return in_words(timedelta(seconds=seconds if seconds < 60 else round(seconds / 60) * 60))
