"""The uses on a stock's store, in this process: people are known at once, and nothing is sent."""

from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any

from approvals.backends.stores.sqlite import open_sqlite
from approvals.core import Core
from approvals.identities import Identity
from bench.people import TEAM, address
from bench.stock import Stock
from handlers.slack.identity import SlackAccount
from handlers.slack.settings import SCHEME


class Desk:
    """`uses` and `store` of a stock, until the block ends."""

    def __init__(self, stock: Stock) -> None:
        self.store = open_sqlite(stock.store_file, now=datetime.now(UTC))
        people = _People()
        self.core = Core(
            store=self.store,
            signer=stock.signer,
            installation=cache(self.store.installation),
            policy=lambda: stock.policy,
            accounts={SCHEME: people},
            directory=people,
            executor=_Inline(),
            beside=_Inline(),
        )
        self.uses = self.core.uses

    def identity(self, account: str) -> Identity:
        """Somebody as authenticated now."""
        known = _account(f"slack:{TEAM}/{account}")
        return self.core.accounts.entrance(SCHEME).identify(known, purpose="request", now=known.read_at)

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.store.close()


class _People:
    def account(self, ref: str, *, timeout: float) -> SlackAccount:
        return _account(ref)

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        return False


class _Inline(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def _account(ref: str) -> SlackAccount:
    return SlackAccount(
        ref=ref,
        team=TEAM,
        home=TEAM,
        email=address(ref.rpartition("/")[2]),
        email_confirmed=True,
        name="Somebody",
        read_at=datetime.now(UTC),
        active=True,
        guest=False,
        bot=False,
    )
