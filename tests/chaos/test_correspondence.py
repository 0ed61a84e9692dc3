"""The chaos run finds what it looks for in votes, mails and pages: a real story, told wrongly in one place."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals.reconcile.posts import Post, Posts
from approvals.requests import Request
from approvals.reviews import Review
from chaos import letters, pages, votes
from chaos.ledger import Sent
from chaos.letters import Letter, Mailroom, message_id
from chaos.pages import Browsers, Shown
from chaos.records import Records
from sandbox.mailbox import Mailbox
from tests.support.running import POLICY, running
from tests.support.visits import Browser

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))
MAILED = POLICY.replace('  channel: "#access"\n', '  channel: "#access"\n  email: {copy: requester}\n')
MINUTE = timedelta(minutes=1)
replace = msgspec.structs.replace


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A request that Bob approved and Carol signed by their mails: its records, its mails and its page."""

    request: Request
    posts: Posts
    letters: tuple[Letter, ...]
    page: Shown

    def letter(self, step: str, person: str) -> Letter:
        return next(each for each in self.letters if (each.step, each.person) == (step, person))

    def told(self, step: str, person: str, *, to: str = "", **otherwise: Any) -> "Story":
        """One of the mails said something else, or came to somebody else."""
        own = self.letter(step, person)
        changed = replace(own, person=to or person, **otherwise)
        return replace(self, letters=tuple(changed if each is own else each for each in self.letters))

    def without(self, step: str, person: str) -> "Story":
        own = self.letter(step, person)
        return replace(self, letters=tuple(each for each in self.letters if each is not own))

    def again(self, step: str, person: str, **otherwise: Any) -> "Story":
        """One of the mails came twice, the second time otherwise."""
        return replace(self, letters=(*self.letters, replace(self.letter(step, person), **otherwise)))

    def votes(self, *reviews: Review) -> "Story":
        return replace(self, request=replace(self.request, reviews=reviews))

    def waiting(self, *reviews: Review) -> "Story":
        """Before it was decided."""
        return replace(
            self, request=replace(self.request, state="pending", decision=None, grants=(), reviews=reviews)
        )

    def posted(self, key: str, post: Post | None) -> "Story":
        kept = {name: each for name, each in self.posts.posts.items() if name != key}
        return replace(self, posts=replace(self.posts, posts=kept | ({key: post} if post else {})))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with running(tmp_path_factory.mktemp("story"), policy=MAILED, iap_port=0, smtp_port=0) as office:
        asked = office.ask("alice", "signed", why="CHG-1 roll out")
        bob, carol = Browser(office, BOB), Browser(office, CAROL)
        assert office.box.mailbox
        room = Mailroom(office.box.mailbox)

        def arrived(count: int) -> Sequence[Letter]:
            room.look()
            return room.of(asked) if len(room.of(asked)) >= count else ()

        office.until(lambda: arrived(3))
        assert bob.press(bob.get(f"/request/{asked}"), "approve").status == 303
        office.until(lambda: arrived(4))
        page = carol.get(f"/request/{asked}")
        assert carol.press(page, "sign", printed_name="Carol", meaning="Yes").status == 303
        office.granted(asked)
        office.until(lambda: arrived(8))
        office.settled()
        with closing(Records(office.folder / "countersign.db")) as records:
            job = records.job(f"request:{asked}")
        assert job
        yield Story(
            request=office.request(asked),
            posts=job.posts,
            letters=tuple(room.of(asked)),
            page=Browsers(office.box).get(ALICE, f"/request/{asked}"),
        )


def people(selectors: Collection[str]) -> frozenset[str]:
    groups = {"group:sre": [ALICE, BOB, DAN], "group:security": [CAROL]}
    return frozenset(who for each in selectors for who in groups[each])


def sent(story: Story) -> set[Sent]:
    return {
        Sent(request=story.request.id, person=vote.person, verdict=vote.verdict, form=vote.form)
        for vote in story.request.reviews
    }


def uncalled(story: Story) -> Iterator[str]:
    late = story.request.updated + 10 * MINUTE
    return letters.uncalled(story.request, story.posts, people, after=MINUTE, now=late)


LAWS: dict[str, Callable[[Story], Iterator[str]]] = {
    "turns": lambda story: letters.turns(story.letters, story.request, people),
    "threads": lambda story: letters.threads(story.letters),
    "lost": lambda story: letters.lost(story.letters, story.request, story.posts),
    "uncalled": uncalled,
    "told by mail": lambda story: letters.told(story.letters, story.request),
    "told by the page": lambda story: pages.told(story.page, story.request),
    "forms": lambda story: votes.twice([story.request]),
}

Change = Callable[[Story], Story]
LONG_AGO, LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
WRONG: dict[str, tuple[str, Change]] = {
    "a stranger is asked": ("turns", lambda story: story.told("0", BOB, to=EVE)),
    "the requester is asked": ("turns", lambda story: story.told("0", BOB, to=ALICE)),
    "a later stage is asked before its turn": ("turns", lambda story: story.told("1", CAROL, at=LONG_AGO)),
    "whoever has voted is asked": (
        "turns",
        lambda story: story.waiting(*story.request.reviews[:1]).told("0", BOB, at=LATER),
    ),
    "somebody is asked for what is decided": ("turns", lambda story: story.told("1", CAROL, at=LATER)),
    "another one gets the copy": ("turns", lambda story: story.told("copy", ALICE, to=DAN)),
    "an outcome is told of what waits": ("turns", lambda story: story.waiting()),
    "an id is none of the letter's": ("threads", lambda story: story.told("0", DAN, id="<x@example.com>", key="")),
    "a letter comes again elsewhere in its thread": (
        "threads",
        lambda story: story.again("outcome", BOB, follows=()),
    ),
    "a letter comes again under another id": (
        "threads",
        lambda story: story.again("0", BOB, id="<x@example.com>", key=""),
    ),
    "an outcome begins a thread": (
        "threads",
        lambda story: story.told("outcome", BOB, follows=(), answers="", subject=story.letter("0", BOB).subject),
    ),
    "an outcome is no answer": (
        "threads",
        lambda story: story.told("outcome", BOB, subject=story.letter("0", BOB).subject),
    ),
    "an outcome answers something else": (
        "threads",
        lambda story: story.told("outcome", DAN, answers=story.letter("0", BOB).id),
    ),
    "an outcome follows somebody else's letter": (
        "threads",
        lambda story: story.told(
            "outcome",
            DAN,
            follows=(story.letter("0", DAN).id, story.letter("0", BOB).id),
            answers=story.letter("0", BOB).id,
        ),
    ),
    "the subject changes": (
        "threads",
        lambda story: story.told("outcome", BOB, subject=f"Re: something ({story.request.id})"),
    ),
    "a letter on record as sent has not arrived": ("lost", lambda story: story.without("1", CAROL)),
    "somebody hears of no outcome": (
        "lost",
        lambda story: story.without("outcome", DAN).posted(f"letter:outcome:{DAN}", None),
    ),
    "somebody hears of no outcome that failed": (
        "lost",
        lambda story: story.without("outcome", DAN).posted(f"letter:outcome:{DAN}", Post(begun=True)),
    ),
    "nobody is asked whose turn it is": (
        "uncalled",
        lambda story: story.waiting(*story.request.reviews[:1]).posted(f"letter:1:{CAROL}", None),
    ),
    "a letter was begun and never sent": (
        "uncalled",
        lambda story: story.waiting().posted(f"letter:0:{DAN}", Post(begun=True)),
    ),
    "a mail tells another outcome": (
        "told by mail",
        lambda story: story.told("outcome", BOB, text="This request needs nothing more.\n\n⛔ Denied\n"),
    ),
    "a page tells another state": (
        "told by the page",
        lambda story: replace(story, request=replace(story.request, grants=(), state="pending", decision=None)),
    ),
    "a page cannot be had": (
        "told by the page",
        lambda story: replace(story, page=Shown(status=500, words="", forms={})),
    ),
    "a page offers a vote on what is decided": (
        "told by the page",
        lambda story: replace(story, page=replace(story.page, forms={"approve": story.page.forms["end"]})),
    ),
    "a page offers to end what has ended": (
        "told by the page",
        lambda story: replace(
            story, request=replace(story.request, grants=(replace(story.request.grants[0], state="ended"),))
        ),
    ),
    "a form votes twice": (
        "forms",
        lambda story: story.votes(*story.request.reviews[:1], *story.request.reviews[:1]),
    ),
}


def test_a_story_that_went_well_is_clean(story: Story) -> None:
    found = {each.step for each in story.letters}
    assert found == {"0", "1", "copy", "outcome"}
    waiting = story.waiting(*story.request.reviews[:1])
    assert {law: list(find(story)) for law, find in LAWS.items()} == {law: [] for law in LAWS}
    assert list(uncalled(waiting)) == []
    assert list(votes.unsent(story.request, sent(story))) == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_found(story: Story, what: str) -> None:
    law, change = WRONG[what]

    assert list(LAWS[law](change(story)))


def test_a_letter_that_comes_twice_or_to_a_mailbox_that_refused_it_is_fine(story: Story) -> None:
    twice = story.again("1", CAROL)
    refused = story.without("outcome", DAN).posted(f"letter:outcome:{DAN}", Post(refused=True))

    for fine in (twice, refused):
        assert [found for find in LAWS.values() for found in find(fine)] == []


def test_an_id_is_a_letter_s_own_and_what_else_arrives_is_noticed(story: Story) -> None:
    """As it comes from the mailbox."""
    own = message_id(story.request.id, f"letter:0:{BOB}")
    mail: dict[str, Any] = {
        "to": [BOB],
        "subject": story.letter("0", BOB).subject,
        "headers": {"Message-ID": own},
        "text": "",
        "at": LATER.isoformat(),
    }

    def key(**otherwise: Any) -> str | None:
        found = letters.read(mail | otherwise)
        return found.key if found else None

    assert key() == f"letter:0:{BOB}"
    assert key(headers={"Message-ID": own.replace("<", "<x")}) == ""
    assert key(to=[DAN]) == ""
    assert key(to=[BOB, DAN]) is None
    assert key(subject="Hello") is None


def test_a_mail_that_asks_while_all_is_frozen_is_found() -> None:
    mailbox = Mailbox()
    room, at = Mailroom(mailbox), LATER

    def came(step: str, who: str, seconds: int) -> None:
        own = message_id("r-0000000000", f"letter:{step}:{who}")
        said = {"to": [who], "subject": "a asks for b (r-0000000000)", "headers": {"Message-ID": own}, "text": ""}
        mailbox._messages.append(said | {"at": (at + timedelta(seconds=seconds)).isoformat()})

    came("0", BOB, -5)
    came("outcome", BOB, 5)
    came("0", DAN, 15)
    room.look()
    assert list(room.asked(since=at, until=at + timedelta(seconds=10))) == []

    came("0", CAROL, 5)
    room.look()
    assert len(list(room.asked(since=at, until=at + timedelta(seconds=10)))) == 1


@pytest.mark.parametrize(
    "otherwise",
    [{"person": DAN}, {"verdict": "deny"}, {"form": ""}, {"form": "another"}, {"request": "r-0000000000"}],
)
def test_a_vote_that_nobody_sent_is_found(story: Story, otherwise: dict[str, str]) -> None:
    made = [replace(each, **otherwise) if each.person == BOB else each for each in sent(story)]

    assert len(list(votes.unsent(story.request, set(made)))) == 1


def test_a_form_that_voted_on_two_requests_is_found(story: Story) -> None:
    other = replace(story.request, id="r-0000000000")

    assert len(list(votes.twice([story.request, other]))) == 2
