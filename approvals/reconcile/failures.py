"""What becomes of a message that could not be posted or redrawn: when it is tried again, and when given up."""

from datetime import datetime, timedelta

import msgspec

from approvals.ports.messages import ChannelError, MessageGone, Notice
from approvals.reconcile import soon
from approvals.reconcile.backoff import again_in
from approvals.reconcile.posts import Post
from approvals.refusals.errors import NotSent, Unavailable

_LATE = timedelta(seconds=30)
_REPOSTS = 3
_TRIES_REFUSED = 12
# About a day at the longest waits: a channel that does not answer comes back, one that refuses does not.
_TRIES_UNANSWERED = 400


def failed(notice: Notice, post: Post, error: Exception, *, begun: bool, over: bool, now: datetime) -> Post:
    """The record of a message after a failure.

    `begun`: it may have been standing before this was tried. `over`: nothing can happen to its request any more.
    """
    gone = isinstance(error, MessageGone) and post.posted is not None and post.reposts < _REPOSTS
    # A post was counted when its intent was stored; a redraw has none.
    tries = post.tries if post.posted is None else post.tries + 1
    wait = again_in(tries, error)
    # A redraw without an answer may still arrive, over the next one: that one is drawn twice.
    unsure = isinstance(error, Unavailable) and post.posted is not None
    # Without a message nobody misses it for long. One that stands with buttons says what is not so any more.
    hopeless = isinstance(error, MessageGone) or (isinstance(error, ChannelError) and post.posted is None)
    spent = over and tries > (_TRIES_REFUSED if hopeless else _TRIES_UNANSWERED)
    following = None if spent else now + wait
    if gone:
        # A message that was deleted is posted again, a few times; one that cannot be redrawn now never is.
        return Post(reposts=post.reposts + 1, next=following)
    refused = isinstance(error, ChannelError) and post.posted is None
    # Who names a time to come again did nothing.
    known = isinstance(error, NotSent) or bool(getattr(error, "retry_after", 0.0))
    begun = post.begun and (begun or not (refused or known))
    if (soon.is_once(notice) and begun and post.posted is None) or (notice.kind == "letter" and refused):
        following = None
    late = now + _LATE if unsure else post.late
    return msgspec.structs.replace(post, tries=tries, next=following, late=late, refused=refused, begun=begun)
