"""The record of a request's messages: where each stands, who is told of each stage, and who gets letters."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from approvals.ports.messages import Posted
from approvals.reconcile.rolls import Addressed, Roll
from approvals.reconcile.rounds import Escalated, Reminded


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message: where it stands, what it shows (`drawn`), until when its token works, and when to try again.

    Until `late` a redraw that got no answer may still arrive. `refused`: it does not stand, for the channel or the
    person that it goes to cannot be reached. `begun`: it may stand, although nobody said so. `tried`: when it was
    first to be posted, and of what is never redrawn, once it stands, when it was. `key`: the id of the key that
    signed its token.
    """

    posted: Posted | None = None
    drawn: str = ""
    expires: datetime | None = None
    tries: int = 0
    next: datetime | None = None
    reposts: int = 0
    late: datetime | None = None
    refused: bool = False
    begun: bool = False
    tried: datetime | None = None
    key: str = ""


class Posts(msgspec.Struct, frozen=True, kw_only=True):
    """All messages of one request, by key; and by the stage's key who is told of it, when it opened, who gets
    letters, who was reminded, and to whom it was escalated."""

    v: int = 1
    posts: Mapping[str, Post] = {}
    turns: Mapping[str, Roll] = {}
    opened: Mapping[str, datetime] = {}
    addressed: Mapping[str, Addressed] = {}
    reminded: Mapping[str, Reminded] = {}
    escalated: Mapping[str, Escalated] = {}

    def of(self, key: str) -> Post:
        return self.posts.get(key, Post())

    def having(self, key: str, post: Post) -> "Posts":
        return msgspec.structs.replace(self, posts={**self.posts, key: post})

    def cards(self) -> list[Posted]:
        """The cards that stand with their buttons."""
        held = [post for key, post in self.posts.items() if key.partition(":")[0] == "card"]
        return [post.posted for post in held if post.posted is not None and post.drawn]

    def calling(self, stage: str, roll: Roll) -> "Posts":
        return msgspec.structs.replace(self, turns={**self.turns, stage: roll})

    def addressing(self, stage: str, found: Addressed) -> "Posts":
        return msgspec.structs.replace(self, addressed={**self.addressed, stage: found})

    def reminding(self, stage: str, found: Reminded) -> "Posts":
        return msgspec.structs.replace(self, reminded={**self.reminded, stage: found})

    def escalating(self, stage: str, found: Escalated) -> "Posts":
        return msgspec.structs.replace(self, escalated={**self.escalated, stage: found})
