"""Other requests of the same person whose cards say something of one: what is said there may be true no longer."""

from collections.abc import Iterable
from datetime import datetime

from approvals.ids import request_subject
from approvals.ports.store import Work
from approvals.reconcile.posts import Posts
from approvals.requests import Request


def wake_others(
    store: Work, request: Request, posts: Posts, *, beside: Iterable[str], version: str, now: datetime
) -> None:
    """Have the messages of others looked at, where those of this request are about to be drawn anew.

    `beside` are the requests for the same that wait, and `version` is what the messages of this one are to show.
    """
    if any(post.drawn not in ("", version) for post in posts.posts.values()):
        for other in beside:
            store.wake(request_subject(other), due=now)
    if request.grant is not None and request.terms.extends and _shows_older(posts, version):
        # Until when that lasts which this extends is another moment now.
        store.wake(request_subject(request.terms.extends), due=now)


def _shows_older(posts: Posts, version: str) -> bool:
    """Some of what shows how it stands is not there yet, or shows how it stood."""
    standing = [post for key, post in posts.posts.items() if key.partition(":")[0] in ("card", "status")]
    return not standing or any(post.drawn != version for post in standing)
