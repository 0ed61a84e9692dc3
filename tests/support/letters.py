"""A postman for tests of the core: takes letters, loses answers, and refuses as it is told."""

from collections.abc import Callable

import msgspec

from approvals.ports.messages import Notice, Posted, Recipient
from approvals.telling.cards import Card
from approvals.telling.news import News


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that was taken, and what it showed."""

    notice: Notice
    card: Card

    @property
    def to(self) -> str:
        return str(self.notice.to)


class Postman:
    """Implements `Messenger`. `faults` are raised by the coming calls in order, in place of taking the letter.

    `lost` many coming letters are taken and the answer to them is an error. `during` is called as a letter goes.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.heard: list[tuple[str, News]] = []
        self.faults: list[Exception] = []
        self.refuses: dict[str, Exception] = {}
        self.down: Exception | None = None
        self.lost: list[Exception] = []
        self.during: Callable[[], object] = lambda: None

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        fault = self.faults.pop(0) if self.faults else self.refuses.get(str(notice.to), self.down)
        if fault is not None:
            raise fault
        self.during()
        self.letters.append(Letter(notice=notice, card=card))
        if self.lost:
            raise self.lost.pop(0)
        return Posted(place=str(notice.to), ts=notice.key)

    def tell(self, news: News, to: Recipient, *, timeout: float) -> Posted:
        """News go to people alone."""
        if str(to) in self.refuses:
            raise self.refuses[str(to)]
        self.heard.append((str(to), news))
        return Posted(place=str(to), ts=f"news {len(self.heard)}")

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        raise AssertionError("a letter cannot be redrawn")

    def sent(self, step: str = "call") -> list[str]:
        """Whom letters of a kind went to, in order."""
        return [letter.to for letter in self.letters if letter.notice.step == step]
