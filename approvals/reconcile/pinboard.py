"""What is kept of one request's messages while they are worked on, under the lease of the request."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from approvals.ports.store import Lease, Work
from approvals.reconcile.posts import Post, Posts
from approvals.refusals.errors import NotSent, Unavailable

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
        self._noted = self._owed = False
        self._intended: set[str] = set()
        self._unkept: set[str] = set()

    def is_late(self, *, call: float = CALL) -> bool:
        """A call might outlast the lease; signing in may take a letter twice its time."""
        return self._clock() + 2 * timedelta(seconds=call) > self._lease.until

    def save(self, posts: Posts) -> None:
        self.posts = posts
        self._lease = self._store.save(self._lease, msgspec.json.encode(posts))
        self._noted = self._owed = False
        self._unkept.clear()

    def keep(self, key: str, post: Post) -> Post:
        self.save(self.posts.having(key, post))
        return post

    def note(self, key: str, post: Post) -> None:
        """Keep it with the next change, or as the request is given back. What a crash loses is done once more."""
        self.note_all(self.posts.having(key, post))

    def note_all(self, posts: Posts) -> None:
        """Note what nobody was told yet: before anybody is, what is kept of that keeps this as well."""
        self.posts = posts
        self._noted = True

    def intend(self, keys: Iterable[str]) -> None:
        """Note that these are to be posted for the first time: what keeps the intent of one keeps them all.

        Whoever dies before its turn posts it at the next start, as if it may stand.
        """
        for key in [each for each in keys if each not in self.posts.posts]:
            self._begin(key)
            self._intended.add(key)

    def may_stand(self, key: str) -> bool:
        """A post was begun, and not by an intent that was only noted yet."""
        return self.posts.of(key).begun and key not in self._intended

    def begin(self, key: str) -> Post:
        """Keep the intent to post it, before that is done: a crash after it posts again.

        Raises `NotSent` where the store does not answer, which says nothing of the channel: it was not asked.
        """
        if key not in self._intended:
            self._begin(key)
        self._intended.discard(key)
        try:
            if self._owed or key in self._unkept:
                self.save(self.posts)
        except Unavailable as error:
            raise NotSent(str(error), retry_after=error.retry_after) from error
        return self.posts.of(key)

    def _begin(self, key: str) -> None:
        # What is sent once has no time to come again from here on: that of an earlier failure would stay due for
        # ever.
        post = self.posts.of(key)
        tried = post.tried or self._clock()
        self.note(key, msgspec.structs.replace(post, tries=post.tries + 1, next=None, begun=True, tried=tried))
        self._unkept.add(key)

    def owe(self, key: str, post: Post) -> None:
        """Keep it before anything else is done outside: with the next intent, by `pay`, or as it is given back."""
        self.note(key, post)
        self._owed = True

    def pay(self) -> None:
        """Something else than a post is done outside now."""
        if self._owed:
            self.save(self.posts)

    @property
    def noted(self) -> bytes | None:
        """What is to be kept as the request is given back; None where all of it is kept."""
        return msgspec.json.encode(self.posts) if self._noted else None
