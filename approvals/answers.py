"""What a program's calls were answered: one whose answer was lost can be sent again, and does nothing twice.

There is one record for each account: a change that a call makes is kept together with the call's answer, in one
transaction, on the record as it was read. So of two calls with one key the second finds what the first one did.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Protocol

import msgspec

from approvals.changes import Beside, Change
from approvals.errors import CountersignError
from approvals.requests import Request

LIFE = timedelta(hours=24)
"""How long an answer is kept."""

MOST = 100
"""Answers that are kept of one account, the newest."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call: by which account, under which key of its own, and a digest of all that it says."""

    account: str
    key: str
    digest: str


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


class AnswersStore(Protocol):
    """What a store knows of answers. They are written with a change, see `approvals.changes.Beside`."""

    def answered(self, account: str) -> Stored: ...


class Answered(CountersignError):
    """This key has had its answer meanwhile, and nothing was done again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("a call with this key was answered already")
        self.answer = answer


class Answering:
    """Finds answers, and has new ones kept."""

    def __init__(self, store: AnswersStore) -> None:
        self._store = store

    def earlier(self, call: Call, *, now: datetime) -> Answer | None:
        """What was answered under this key; whether to the same call, its digest says."""
        return _under(call.key, _read(self._store.answered(call.account), now=now))

    def keeping(self, call: Call, *, write: Callable[[Request], str], now: datetime) -> Callable[[Change], Change]:
        """What puts the answer beside a change: `write` makes it of what the request has become.

        Applied to a change it raises `Answered` where the key has had its answer meanwhile.
        """

        def kept(change: Change) -> Change:
            stored = self._store.answered(call.account)
            answers = _read(stored, now=now)
            if found := _under(call.key, answers):
                raise Answered(found)
            answer = Answer(key=call.key, digest=call.digest, body=write(change.request), at=now)
            newest = Answers(kept=(*answers.kept, answer)[-MOST:])
            beside = Beside(account=call.account, version=stored.version, body=msgspec.json.encode(newest))
            return msgspec.structs.replace(change, beside=beside)

        return kept


def _read(stored: Stored, *, now: datetime) -> Answers:
    """What is not too old. What somebody spoilt is as good as forgotten: a vote still counts once."""
    try:
        found = msgspec.json.decode(stored.body, type=Answers) if stored.body else Answers()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Answers()
    # A clock that was ahead for a while keeps nothing for longer.
    return Answers(kept=tuple(each for each in found.kept if abs(now - each.at) < LIFE))


def _under(key: str, answers: Answers) -> Answer | None:
    return next((each for each in answers.kept if each.key == key), None)
