"""What is kept of one request's messages while they are worked on, under the lease of the request."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from approvals.ports.store import Lease, Work
from approvals.reconcile.posts import Post, Posts

CALL = 5.0
"""Seconds that one post or redraw may take."""

LETTER = 10.0
"""Seconds that one letter may take: a server of mails is asked a dozen things for each."""


class Pinboard:
    """The posts of one request; each change of them is stored at once, but for what is noted."""

    def __init__(self, store: Work, lease: Lease, posts: Posts, clock: Callable[[], datetime]) -> None:
        self.posts = posts
        self._store = store
        self._lease = lease
        self._clock = clock
        self._noted = False

    def is_late(self, *, call: float = CALL) -> bool:
        """A call might outlast the lease; signing in may take a letter twice its time."""
        return self._clock() + 2 * timedelta(seconds=call) > self._lease.until

    def save(self, posts: Posts) -> None:
        self.posts = posts
        self._lease = self._store.save(self._lease, msgspec.json.encode(posts))
        self._noted = False

    def keep(self, key: str, post: Post) -> Post:
        self.save(self.posts.having(key, post))
        return post

    def note(self, key: str, post: Post) -> None:
        """Keep it with the next change, or by `flush`. What is lost by a crash until then is done once more."""
        self.posts = self.posts.having(key, post)
        self._noted = True

    def flush(self) -> None:
        if self._noted:
            self.save(self.posts)
