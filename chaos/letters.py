"""What must be true of the mails that have arrived, held against the records."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import msgspec

from approvals.policy.model import Requirement
from approvals.reconcile.posts import Posts
from approvals.requests import Request, unreviewed
from approvals.reviews import Review, standing
from sandbox.mailbox import Mail, Mailbox

FLIGHT = timedelta(seconds=15)
"""A letter may be so long on its way: the service gives one ten seconds, and a slow server takes it late."""

_EVER, _NEVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_STAGES = 5
_SUBJECT = re.compile(
    r"(?:Re: )?.* (?:asks for|took access in an emergency, to be reviewed:) .* \((r-[0-9a-z]{10})\)"
)
_NEWS = re.compile(r"You (?:no longer )?stand in for ([^ ]+@[a-z.]+[a-z])[ .].*")
_ID = re.compile(r"<[^<>]+>")

People = Callable[[Collection[str]], Collection[str]]
"""The addresses that selectors mean."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that arrived. `key` is the letter's by the records, empty where there can be none of its id."""

    request: str
    person: str
    key: str
    id: str
    follows: tuple[str, ...]
    answers: str
    subject: str
    text: str
    at: datetime

    @property
    def step(self) -> str:
        """`copy`, `outcome`, or the stage that it asks for, after its revision from the second one on."""
        return self.key.split(":")[1] if self.key else ""


def message_id(request: str, key: str, domain: str = "example.com") -> str:
    """What a letter's `Message-ID` is made of, and nothing else, however often it goes."""
    return f"<{request}.{sha256(f'{request} {key}'.encode()).hexdigest()[:24]}@{domain}>"


def _keys(person: str) -> list[str]:
    stages = [f"{revision}{number}" for revision in ("", "r2.", "r3.", "r4.", "r5.") for number in range(_STAGES)]
    return [f"letter:{step}:{person}" for step in (*stages, "copy", "outcome")]


class Mailroom:
    """Every letter that arrived, by request. `strays` are mails that are about none.

    `news` says who was told by mail, as their chat does not reach them, that they stand in for whom.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._read = 0
        self._letters: dict[str, list[Letter]] = defaultdict(list)
        self.strays: list[str] = []
        self.news: set[tuple[str, str]] = set()

    def look(self) -> None:
        """Read what has arrived since."""
        for mail in self._mailbox.messages()[self._read :]:
            self._read += 1
            letter, news = read(mail), _NEWS.fullmatch(mail["subject"])
            if news is not None and len(mail["to"]) == 1:
                self.news.add((mail["to"][0], news[1]))
            elif letter is None:
                self.strays.append(f"a mail to {mail['to']} is about no request: {mail['subject']}")
            else:
                self._letters[letter.request].append(letter)

    def counts(self) -> Counter[str]:
        """How many there are: that ask, copies and outcomes, and those that came once more."""
        told = Counter[str]()
        for each in self._letters.values():
            seen: set[str] = set()
            for letter in each:
                kind = letter.step if letter.step in ("copy", "outcome") else "call"
                told[f"mails: {'come again' if letter.id in seen else kind}"] += 1
                seen.add(letter.id)
        return told

    def asked(self, *, since: datetime, until: datetime) -> Iterator[str]:
        """The letters that asked somebody for something between two moments."""
        for each in self._letters.values():
            for letter in each:
                if since + _SECOND <= letter.at <= until - _SECOND and letter.step != "outcome":
                    yield f"{letter.key} of {letter.request} went out at {letter.at}"

    def of(self, request: str) -> Sequence[Letter]:
        """The letters about a request, as they arrived."""
        return tuple(self._letters[request])


def read(mail: Mail) -> Letter | None:
    """None for a mail that is about no request, or not to one person."""
    found = _SUBJECT.fullmatch(mail["subject"])
    if found is None or len(mail["to"]) != 1:
        return None
    headers, person, request = mail["headers"], mail["to"][0], found[1]
    own = headers.get("Message-ID", "")
    return Letter(
        request=request,
        person=person,
        key=next((key for key in _keys(person) if message_id(request, key) == own), ""),
        id=own,
        follows=tuple(_ID.findall(headers.get("References", ""))),
        answers=headers.get("In-Reply-To", ""),
        subject=mail["subject"],
        text=mail["text"],
        at=datetime.fromisoformat(mail["at"]),
    )


def turns(letters: Sequence[Letter], request: Request, people: People) -> Iterator[str]:
    """Mail went to approvers while it was their turn, copies to who asked, outcomes when there was one."""
    for letter in letters:
        if not _was_due(letter, request, people):
            yield f"{letter.key} of {request.id} went to {letter.person} at {letter.at}"


def _was_due(letter: Letter, request: Request, people: People) -> bool:
    if letter.step == "copy":
        return letter.person == request.requester
    if letter.step == "outcome":
        return request.state != "pending"
    # What has no key is said by `threads`.
    return not letter.key or _had_turn(letter, request, people)


def _had_turn(letter: Letter, request: Request, people: People) -> bool:
    if request.after_review is not None:
        # Of an emergency those are told who review it.
        return letter.person in set(people(request.after_review.by)) - {request.requester}
    revision, _, number = letter.step.rpartition(".")
    asked_in = _asked(request, int(revision.removeprefix("r") or 1))
    if asked_in is None:
        return False
    (requirement, votes, over), stage = asked_in, int(number)
    asked = set(people(requirement.stages[stage].approvers)) - {request.requester}
    for count, (since, until) in enumerate(pairwise((_EVER, *(vote.at for vote in votes), over))):
        # A mail's time has whole seconds.
        fits = since - _SECOND <= letter.at <= until + FLIGHT
        open_ = open_stage(requirement, votes[:count], people) == stage
        if fits and open_ and letter.person in asked - _voted(votes[:count]):
            return True
    return False


def _asked(request: Request, revision: int) -> tuple[Requirement, Sequence[Review], datetime] | None:
    """What a revision asked of whom, the votes on it, and when it was over; None where there was none."""
    if revision <= len(request.former):
        former = request.former[revision - 1]
        return former.terms.requirement, former.reviews, former.accepted
    if revision != request.revision:
        return None
    over = request.decision.at if request.decision is not None else _NEVER
    return request.terms.requirement, request.reviews, over


def _voted(votes: Sequence[Review]) -> set[str]:
    return {vote.person for vote in votes}


def open_stage(requirement: Requirement, votes: Sequence[Review], people: People) -> int:
    """The stage whose turn it is after these votes; the last one, where the policy of then demanded more."""
    stages, used = requirement.stages, set[str]()
    for number, stage in enumerate(stages):
        able = [
            v.person for v in standing(votes) if v.verdict == "approve" and v.person in people(stage.approvers)
        ]
        counted = [person for person in able if person not in used][: stage.needed]
        if len(counted) < stage.needed:
            return number
        used.update(counted)
    return len(stages) - 1


def threads(letters: Sequence[Letter]) -> Iterator[str]:
    """Every letter has the id that is its own, and what one reader gets of a request is one thread."""
    readers: dict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        if not letter.key:
            yield f"{letter.person} got a mail about {letter.request} whose id is none of its own: {letter.id}"
        readers[letter.person].append(letter)
    for person, own in readers.items():
        first: dict[str, Letter] = {}
        for letter in own:
            yield from _thread(letter, first)
            first.setdefault(letter.id, letter)
        if len({each.subject.removeprefix("Re: ") for each in own}) > 1:
            yield f"{person} got mails about {own[0].request} under several subjects"


def _thread(letter: Letter, before: dict[str, Letter]) -> Iterator[str]:
    told = f"{letter.key} of {letter.request}"
    if (again := before.get(letter.id)) is not None:
        if (again.follows, again.subject) != (letter.follows, letter.subject):
            yield f"{told} stands elsewhere in its thread the second time"
        return
    possible = {message_id(letter.request, key) for key in _keys(letter.person)}
    if not set(before) <= set(letter.follows) <= possible:
        yield f"{told} does not follow what its reader has got of it"
    if (letter.follows[-1:] or ("",)) != (letter.answers,) or letter.subject.startswith("Re: ") != bool(
        letter.follows
    ):
        yield f"{told} is no answer to what came before it"


def lost(letters: Sequence[Letter], request: Request, posts: Posts) -> Iterator[str]:
    """What is on record as sent has arrived, and whoever got a letter of what is over was told how it came out."""
    arrived = {letter.id for letter in letters}
    for key, post in posts.posts.items():
        if key.startswith("letter:") and post.posted is not None and post.posted.ts not in arrived:
            yield f"{key} of {request.id} is on record as sent and never arrived"
    if request.state == "pending" or unreviewed(request):
        return
    for person in {letter.person for letter in letters}:
        key = f"letter:outcome:{person}"
        if message_id(request.id, key) not in arrived and not posts.of(key).refused:
            yield f"{person} got a letter about {request.id} and never heard of the outcome"


def uncalled(request: Request, posts: Posts, people: People, *, after: timedelta, now: datetime) -> Iterator[str]:
    """Whose turn it has been for longer than `after` and whom no letter was sent, while mail could be."""
    begun = max((request.updated, *posts.opened.values()))
    if request.state != "pending" or begun + after >= now:
        return
    number = open_stage(request.terms.requirement, request.reviews, people)
    asked = set(people(request.terms.requirement.stages[number].approvers)) - _voted(request.reviews)
    for person in sorted(asked - {request.requester}):
        revision = f"r{request.revision}." if request.revision > 1 else ""
        post = posts.of(f"letter:{revision}{number}:{person}")
        if post.posted is None and not post.refused:
            yield f"it is {person}'s turn on {request.id} since {begun}, and no letter went to them"


_SAID = {
    "denied": ("Denied",),
    "withdrawn": ("Withdrawn",),
    "expired": ("Expired",),
    "approved": (
        "Approved",
        "Access is active",
        "Access has ended",
        "Access was revoked",
        "Access failed",
        "before it began",
        "The approval stands",
        "The approval has ended",
        "The approval was revoked",
    ),
}


def told(letters: Sequence[Letter], request: Request) -> Iterator[str]:
    """The mail of an outcome is headed by the request's own."""
    for letter in letters:
        heads = [line for line in letter.text.splitlines() if line][1:2]
        said = _SAID.get(request.state, ())
        # Of an emergency it says first what was found of it.
        if letter.step == "outcome" and not any(words.lower() in head.lower() for words in said for head in heads):
            yield f"{letter.person} was told {heads} of {request.id}, which is {request.state}"
