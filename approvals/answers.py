"""What a program's calls were answered: one whose answer was lost can be sent again, and does nothing twice.

A change that a call makes is kept together with the call's answer, in one transaction. So of two calls with one
key the second finds what the first one did. A person's answers are one record, of which the newest are kept; of an
application, which calls far more often, each answer is a mark of its own, and none makes room for another.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

import msgspec

from approvals.changes import Beside, Change, Mark
from approvals.refusals.errors import CountersignError, Refused
from approvals.requests import Request
from countersign_client import shapes

LIFE = timedelta(hours=24)
"""How long an answer is kept."""

MOST = 100
"""Answers that are kept of one account, the newest."""


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call: by which account, under which key of its own, and a digest of all that it says.

    `token` is the mark of what signed an application's call, which is spent with whatever that changes.
    """

    account: str
    key: str
    digest: str
    token: Mark | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to the call with this key and digest, word for word."""

    key: str
    digest: str
    body: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """An account's answers, the newest last."""

    v: int = 1
    kept: tuple[Answer, ...] = ()


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An account's answers as a store has them. `version` is zero where there are none yet."""

    version: int = 0
    body: bytes = b""


class MarksStore(Protocol):
    """What a store knows of marks, see `approvals.changes.Mark`."""

    def mark(self, name: str) -> bytes | None: ...


class AnswersStore(Protocol):
    """What a store knows of answers. They are written with a change, see `approvals.changes.Beside`."""

    def answered(self, account: str) -> Stored: ...


class Answered(CountersignError):
    """This key has had its answer meanwhile, and nothing was done again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("a call with this key was answered already")
        self.answer = answer


class Keeping(Protocol):
    """Finds answers, and has new ones kept."""

    def earlier(self, call: Call, *, now: datetime) -> Answer | None:
        """What was answered under this key; whether to the same call, its digest says."""

    def keeping(self, call: Call, *, write: Callable[[Request], str], now: datetime) -> Callable[[Change], Change]:
        """What puts the answer beside a change: `write` makes it of what the request has become.

        Applied to a change it raises `Answered` where the key has had its answer meanwhile, and `Refused` where
        the call's token is spent.
        """


class Answering:
    """Implements `Keeping` for people: the newest answers of an account."""

    def __init__(self, store: AnswersStore) -> None:
        self._store = store

    def earlier(self, call: Call, *, now: datetime) -> Answer | None:
        return _under(call.key, _read(self._store.answered(call.account), now=now))

    def keeping(self, call: Call, *, write: Callable[[Request], str], now: datetime) -> Callable[[Change], Change]:
        def kept(change: Change) -> Change:
            return msgspec.structs.replace(change, beside=self.beside(call, write(change.request), now=now))

        return kept

    def beside(self, call: Call, body: str, *, now: datetime) -> Beside:
        """What the account's answers become with this one. Raises `Answered` where the key has had its own."""
        stored = self._store.answered(call.account)
        answers = _read(stored, now=now)
        if found := _under(call.key, answers):
            raise Answered(found)
        answer = Answer(key=call.key, digest=call.digest, body=body, at=now)
        newest = Answers(kept=(*answers.kept, answer)[-MOST:])
        return Beside(
            account=call.account, version=stored.version, body=msgspec.json.encode(newest), until=now + LIFE
        )


class Marking:
    """Implements `Keeping` for applications: each answer of the last day."""

    def __init__(self, store: MarksStore) -> None:
        self._store = store

    def earlier(self, call: Call, *, now: datetime) -> Answer | None:
        """It is there until it is swept, somewhat later than its time is over: so long the key is this call's."""
        return _marked(self._store.mark(_name(call)))

    def keeping(self, call: Call, *, write: Callable[[Request], str], now: datetime) -> Callable[[Change], Change]:
        def kept(change: Change) -> Change:
            # The answer first: a call that is sent again with one token has its answer, and is no replay.
            if found := self.earlier(call, now=now):
                raise Answered(found)
            if call.token is not None and self._store.mark(call.token.name) is not None:
                raise Refused("unauthorized")
            answer = Answer(key=call.key, digest=call.digest, body=write(change.request), at=now)
            mark = Mark(name=_name(call), until=now + LIFE, body=msgspec.json.encode(answer))
            marks = (mark,) if call.token is None else (mark, call.token)
            return msgspec.structs.replace(change, marks=(*change.marks, *marks))

        return kept

    def spending(self, mark: Mark, *, refusal: Refused | None = None) -> Callable[[Change], Change]:
        """What spends something with a change, a person's token unless a `refusal` is given. Applied to a change
        it raises that where it is spent already.
        """

        def spent(change: Change) -> Change:
            if self._store.mark(mark.name) is not None:
                raise refusal or Refused("token.person")
            return msgspec.structs.replace(change, marks=(*change.marks, mark))

        return spent


def _name(call: Call) -> str:
    return f"answer:{call.account}:{call.key}"


def _marked(body: bytes | None) -> Answer | None:
    """What somebody spoilt answers nobody, and does nothing again either: its digest is no call's."""
    try:
        return None if body is None else shapes.decode(body, Answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Answer(key="", digest="", body="", at=_LONG_AGO)


def _read(stored: Stored, *, now: datetime) -> Answers:
    """What is not too old. What somebody spoilt is as good as forgotten: a vote still counts once."""
    try:
        found = shapes.decode(stored.body, Answers) if stored.body else Answers()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Answers()
    # A clock that was ahead for a while keeps nothing for longer.
    return Answers(kept=tuple(each for each in found.kept if abs(now - each.at) < LIFE))


def _under(key: str, answers: Answers) -> Answer | None:
    return next((each for each in answers.kept if each.key == key), None)
