"""A request's page: the assertion is checked, the request read and held against the policy, the page written.

It is measured against a bare Starlette page by the same template, which is filled once and checks nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from approvals.requests import Request
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock
from bench.visits import AUDIENCE, Proxy
from handlers.links import obfuscated

_PAIRS, _ROUNDS, _VISITS, _WARM = 4, 6, 60, 200
_PAUSE = 0.004

Sides = tuple[list[float], list[float]]
"""What was measured of ours, and of the bare page."""


def measure(folder: Path) -> list[Figure]:
    """The median time of a page over one connection, in interleaved rounds, and the CPU of the whole server.

    Several pairs of servers are started, one after the other, and the rounds of all of them count alike: where a
    process lies in memory makes all of its pages a little dearer or cheaper.
    """
    stock = Stock(folder / "pages")
    stock.fill(_VISITS)
    asked, proxy = stock.take(_VISITS), Proxy(folder / "pages" / "keys.json")
    paths = [_path(stock, each) for each in asked]
    times: Sides = ([], [])
    spent: Sides = ([], [])
    for number in range(_PAIRS):
        with _pair(stock, proxy, paths, folder) as pair:
            _rounds(pair, proxy, paths, first=number * _ROUNDS + 1, times=times, spent=spent)
    named = {"page of a request / a bare page by its template": times, "CPU of a page / of a bare one": spent}
    return [ratio(name, ours, bare, target=2, baseline="bare Starlette") for name, (ours, bare) in named.items()]


@contextmanager
def _pair(stock: Stock, proxy: Proxy, paths: Sequence[str], folder: Path) -> Iterator[tuple[Child, Child]]:
    """Our service and the bare page, each in a process of its own, warmed."""
    log, keys = folder / "pages.log", {"BENCH_KEYS": str(folder / "pages" / "keys.json")}
    with ExitStack() as held:
        outside_command = [PYTHON, "-m", "bench.outside", "0", "0"]
        outside = held.enter_context(running(outside_command, environ=keys, log=log, core=LOAD_CORE))
        environ = _environ(stock, outside.port)
        ours = held.enter_context(running([COUNTERSIGN, "serve"], environ=environ, log=log))
        command = [PYTHON, "-m", "bench.plain_page", paths[0], proxy.assertion(0)]
        bare = held.enter_context(running(command, environ=environ, log=log))
        for child in (ours, bare):
            for _ in range(_WARM // len(paths)):
                one_by_one(child.port, _visits(proxy, paths, 0))
        yield ours, bare


def _rounds(
    pair: tuple[Child, Child], proxy: Proxy, paths: Sequence[str], *, first: int, times: Sides, spent: Sides
) -> None:
    """Visit both in turns; who begins changes with each round."""
    for number in range(first, first + _ROUNDS):
        for side in (0, 1) if number % 2 else (1, 0):
            child, visits = pair[side], _visits(proxy, paths, number * 10_000)
            before = child.cpu()
            times[side].append(one_by_one(child.port, visits, pause=_PAUSE))
            spent[side].append((child.cpu() - before) / len(visits))


def _visits(proxy: Proxy, paths: Sequence[str], first: int) -> list[bytes]:
    return [proxy.visit(path, number) for number, path in enumerate(paths, first)]


def _path(stock: Stock, request: Request) -> str:
    return f"/review/{obfuscated(stock.tokens.mint(request, act='review', now=datetime.now(UTC)))}"


def _environ(stock: Stock, outside: int) -> Mapping[str, str]:
    return {
        **stock.environ(outside=outside),
        "COUNTERSIGN_PAGES_URL": "http://localhost:9",
        "COUNTERSIGN_ROUTES": "pages",
        "IAP_AUDIENCE": AUDIENCE,
        "IAP_JWKS_URL": f"http://127.0.0.1:{outside}/keys",
    }
