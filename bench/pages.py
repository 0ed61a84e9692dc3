"""A request's page: the assertion is checked, the request read and held against the policy, the page written.

It is measured against a bare Starlette page by the same template, which is filled once and checks nobody.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from approvals.requests import Request
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock
from bench.visits import AUDIENCE, Proxy
from handlers.links import obfuscated

_ROUNDS, _VISITS, _WARM = 12, 60, 200
_PAUSE = 0.004


def measure(folder: Path) -> list[Figure]:
    """The median time of a page over one connection, in interleaved rounds, and the CPU of the whole server."""
    stock = Stock(folder / "pages")
    stock.fill(_VISITS)
    asked, proxy = stock.take(_VISITS), Proxy(folder / "pages" / "keys.json")
    paths = [_path(stock, each) for each in asked]
    log = folder / "pages.log"
    with ExitStack() as held:
        published = {"BENCH_KEYS": str(folder / "pages" / "keys.json")}
        outside_command = [PYTHON, "-m", "bench.outside", "0", "0"]
        outside = held.enter_context(running(outside_command, environ=published, log=log, core=LOAD_CORE))
        environ = _environ(stock, outside.port)
        ours = held.enter_context(running([COUNTERSIGN, "serve"], environ=environ, log=log))
        command = [PYTHON, "-m", "bench.plain_page", paths[0], proxy.assertion(0)]
        bare = held.enter_context(running(command, environ=environ, log=log))
        return _rounds(ours, bare, proxy, paths)


def _rounds(ours: Child, bare: Child, proxy: Proxy, paths: Sequence[str]) -> list[Figure]:
    times: dict[Child, list[float]] = {ours: [], bare: []}
    spent: dict[Child, list[float]] = {ours: [], bare: []}
    for child in (ours, bare):
        for _ in range(_WARM // len(paths)):
            one_by_one(child.port, _visits(proxy, paths, 0))
    for number in range(1, _ROUNDS + 1):
        for child in (bare, ours):
            visits = _visits(proxy, paths, number * 10_000)
            before = child.cpu()
            times[child].append(one_by_one(child.port, visits, pause=_PAUSE))
            spent[child].append((child.cpu() - before) / len(visits))
    named = {"page of a request / a bare page by its template": times, "CPU of a page / of a bare one": spent}
    return [
        ratio(name, found[ours], found[bare], target=2, baseline="bare Starlette") for name, found in named.items()
    ]


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
