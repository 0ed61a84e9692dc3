"""Letters: what goes to people whom the chat does not reach, when, and to whom.

A letter stands as it was sent. So whose turn it is is asked once more, in a letter of their own, and everybody who
got one is told how it came out.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from approvals.judging.case import Case
from approvals.people.principals import is_service_account
from approvals.ports.messages import Notice, ToPerson
from approvals.reconcile.posts import Post, Posts
from approvals.reconcile.rolls import left_out, stage_key
from approvals.requests import unreviewed, votes_open

FAILING = timedelta(minutes=1)
"""A message that has not come to stand for so long counts as undeliverable."""


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """What the chat has of a request: the keys of its cards, one for all or one a person, and of its calls."""

    cards: tuple[str, ...]
    shared: bool
    stage: str

    @property
    def place(self) -> str:
        """What letters and reminders call the open stage: its place, after the revision from the second one on."""
        return self.stage.rpartition(".")[0]

    def keys(self, person: str) -> Iterator[str]:
        """The messages that are to reach a person whose turn it is."""
        yield "card" if self.shared else f"card:{person}"
        yield from (f"turn:{self.stage}", f"turn:{self.stage}:{person}")

    def reaches(self, person: str, posts: Posts, *, now: datetime) -> bool:
        """Nothing says that the chat does not reach them."""
        if any(_failed(posts.of(key), key, now) for key in self.keys(person)):
            return False
        own = next(self.keys(person))
        # Who has no card of their own is called about another one that stands.
        return own in self.cards or any(not _failed(posts.of(key), key, now) for key in self.cards)

    def fails(self, posts: Posts, *, now: datetime) -> bool:
        """Somebody may not be reached, whoever it is."""
        calls = [key for key in posts.posts if key.startswith(f"turn:{self.stage}")]
        return not self.cards or any(_failed(posts.of(key), key, now) for key in (*self.cards, *calls))

    def doubtful(self, posts: Posts) -> Iterator[datetime]:
        """When what does not stand yet will have failed for long enough."""
        for key, post in posts.posts.items():
            if key in self.cards or key.startswith(f"turn:{self.stage}"):
                stands = post.posted if key.startswith("turn:") else post.drawn
                if not stands and post.tried is not None:
                    yield post.tried + FAILING


def _failed(post: Post, key: str, now: datetime) -> bool:
    """It does not stand, or nobody can press anything on it: refused for good, or tried for a minute."""
    stands = post.posted is not None if key.startswith("turn:") else bool(post.drawn)
    return not stands and (post.refused or (post.tried is not None and post.tried + FAILING <= now))


def opened(case: Case, posts: Posts, *, now: datetime) -> Posts:
    """Note when the open stage was first seen to be open: the moment of the commit that opened it.

    Where nothing was committed since, the policy has changed what is asked, and the time begins anew.
    """
    stage = stage_key(case)
    if not stage or stage in posts.opened:
        return posts
    since = case.request.updated
    moment = max(since, now) if since in posts.opened.values() else since
    return msgspec.structs.replace(posts, opened={**posts.opened, stage: moment})


def due(case: Case, posts: Posts, chat: Chat, *, now: datetime) -> bool:
    """It is time to know who gets letters."""
    after = case.email.after
    if not chat.stage or after is None:
        return False
    return posts.opened[chat.stage] + after <= now or chat.fails(posts, now=now)


def moments(case: Case, posts: Posts, chat: Chat) -> Iterator[datetime]:
    """When letters may become due, past or to come."""
    after = case.email.after
    if not chat.stage or after is None:
        return
    yield posts.opened[chat.stage] + after
    yield from chat.doubtful(posts)
    known = posts.addressed.get(chat.stage)
    if known is not None and known.again is not None:
        yield known.again


Further = Iterable[tuple[str, str, str]]
"""Letters that somebody else calls for while a stage is open: the name of each, its person, and its step."""


def letters(case: Case, posts: Posts, chat: Chat, further: Further = (), *, now: datetime) -> Iterator[Notice]:
    """The letters that ought to have gone out by now."""
    if votes_open(case.request) or unreviewed(case.request):
        yield from _calls(case, posts, chat, now=now)
        if case.email.after is not None:
            named = ((name, who, step) for name, who, step in further if who not in left_out(case))
            yield from (_letter(name, who, posts, step=step) for name, who, step in named)
    else:
        yield from _outcomes(posts)


def _calls(case: Case, posts: Posts, chat: Chat, *, now: datetime) -> Iterator[Notice]:
    addressed, after = posts.addressed.get(chat.stage), case.email.after
    if addressed is None or after is None:
        return
    is_time = posts.opened[chat.stage] + after <= now
    # Whoever has voted since it was worked out who they are is not asked any more.
    people = [who for who in addressed.people if who not in left_out(case)]
    reached = [who for who in people if is_time or not chat.reaches(who, posts, now=now)]
    for person in reached:
        yield _letter(f"{chat.place}:{person}", person, posts, step="call")
    if reached and case.email.copy and not is_service_account(case.request.requester):
        asked = case.request.requester
        yield _letter(f"copy:{asked}", asked, posts, step="copy")


def _outcomes(posts: Posts) -> Iterator[Notice]:
    for person in readers(posts):
        yield _letter(f"{OUTCOME}:{person}", person, posts, step=OUTCOME)


OUTCOME = "outcome"


def is_over(notice: Notice, post: Post) -> bool:
    """A letter was sent, or nobody takes it: what a server refuses for good is not offered to it again."""
    return notice.kind == "letter" and (post.posted is not None or post.refused)


def asks(notice: Notice, post: Post) -> bool:
    """A letter that is still to go, and is true only while nobody has voted since it was called for."""
    return notice.kind == "letter" and notice.step != OUTCOME and not is_over(notice, post)


def _letter(name: str, person: str, posts: Posts, *, step: str) -> Notice:
    key = f"letter:{name}"
    earlier = tuple(each for each in _sent(posts) if each.partition(":")[2].partition(":")[2] == person)
    follows = earlier[: earlier.index(key)] if key in earlier else earlier
    return Notice(key=key, kind="letter", to=ToPerson(person), step=step, follows=follows)


def readers(posts: Posts) -> Sequence[str]:
    """Everybody who was sent a letter, or may have been."""
    return list(dict.fromkeys(key.split(":", 2)[2] for key in _sent(posts)))


def unmailed(posts: Posts) -> Sequence[str]:
    """Whom a letter that asks them for something was refused to, for good."""
    return [
        key.split(":", 2)[2]
        for key, post in posts.posts.items()
        if key.startswith("letter:") and post.refused and not key.startswith((f"letter:{OUTCOME}", "letter:copy"))
    ]


def hoped_for(case: Case, posts: Posts, chat: Chat) -> bool:
    """A letter has reached somebody whose turn it is, or may yet."""
    if case.email.after is None:
        return False
    known = posts.addressed.get(chat.stage)
    if known is None:
        return True
    return (
        any(not posts.of(f"letter:{chat.place}:{who}").refused for who in known.people) or known.again is not None
    )


def _sent(posts: Posts) -> list[str]:
    """The keys of the letters that went out or may have, oldest first."""
    return [k for k, post in posts.posts.items() if k.startswith("letter:") and (post.posted or post.begun)]
