"""`countersign mcp-proxy`, put together."""

import asyncio
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from countersign_client.applications import AsyncApplication
from countersign_client.errors import Unusable
from countersign_client.mcp import environment
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.proxy import piped
from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.ends import Ends
from countersign_client.mcp.proxy.forwarding import Forwarding
from countersign_client.mcp.proxy.front import front
from countersign_client.mcp.proxy.gates import Gate, Gates
from countersign_client.mcp.proxy.held import Held
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.piped import Piped
from countersign_client.mcp.proxy.posted import Posted
from countersign_client.mcp.proxy.running import Running
from countersign_client.mcp.proxy.short import Short
from countersign_client.mcp.proxy.upstream import Upstream
from countersign_client.mcp.serving import serve
from countersign_client.mcp.tasks import Tasks
from countersign_client.tools import SERVER_NAME

Connect = Callable[[Catalog], Awaitable[Connection]]

_OURS = "COUNTERSIGN_"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was given.

    `name` is the server's name in the policy. The upstream is a `command`, which gets `variables` (`NAME`, or
    `NAME=VALUE`) of the environment, or it is at `url`, where it wants the token in the file `token`. It has to
    answer within `timeout` seconds. `state` is the journal's folder, `listen` is `[HOST:]PORT`, or nothing.
    """

    name: str
    command: Sequence[str]
    variables: Sequence[str]
    url: str
    token: str
    timeout: float
    state: str
    listen: str
    with_receipt: bool


async def run(environ: Mapping[str, str], options: Options) -> None:
    """Serve until the client goes or the program is stopped. Raises `Unusable` for what cannot be used."""
    connect = _connecting(environ, options)
    setup = environment.read(environ, http=bool(options.listen))
    application = AsyncApplication(setup.url, setup.application, setup.key, keys=setup.keys)
    people, holding = People(application, setup.brought), Holding(application)
    agent = f"{setup.application} {setup.url}"
    opened, ends = _kept(environ, options, agent)
    upstream = Upstream(lambda: connect(catalog), timeout=options.timeout)
    catalog = Catalog(lambda params: upstream.request("tools/list", params, capabilities={}))
    running = Running(
        holding=holding, upstream=upstream, catalog=catalog, opened=opened, with_receipt=options.with_receipt
    )
    held = Held(
        server=options.name,
        agent=agent,
        people=people,
        holding=holding,
        running=running,
        opened=opened,
        ends=ends,
    )

    async def gates() -> Sequence[Gate]:
        known = await application.tools()
        return [Gate(action=each.action, server=each.tool.server, name=each.tool.name) for each in known]

    forwarding = Forwarding(upstream, catalog, Gates(gates, options.name), held)
    server = front(forwarding, catalog)
    Tasks(people, holding, held.finish, held.stop).register(server)
    try:
        await serve(server, people, place=setup.place, listen=options.listen, first=Short(forwarding))
    finally:
        await held.aclose()
        await upstream.aclose()


def log_to_stderr() -> None:
    """Have what operators should know on standard error. What the SDK logs may hold messages, and is not shown."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("countersign mcp-proxy: %(levelname)s %(message)s"))
    ours = logging.getLogger("countersign_client")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    for name in ("mcp", "client", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _connecting(environ: Mapping[str, str], options: Options) -> Connect:
    if bool(options.command) == bool(options.url):
        raise Unusable("give one upstream: a program behind --, or an address by --url")
    if re.fullmatch(SERVER_NAME, options.name) is None:
        raise Unusable("--name is the server's name in the policy: letters, digits, points, _ and -")
    return _posting(options) if options.url else _piping(environ, options)


def _piping(environ: Mapping[str, str], options: Options) -> Connect:
    given = dict(_variable(environ, each) for each in options.variables)
    variables = piped.environment(environ, given)

    async def connect(catalog: Catalog) -> Connection:
        return await Piped.started(options.command, variables, catalog.stale)

    return connect


def _posting(options: Options) -> Connect:
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise Unusable("--url is the upstream's address, such as https://HOST/mcp")
    if parts.scheme == "http" and options.token and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Unusable("a token is sent over https alone, but for a program on this machine")

    def bearer() -> str:
        return Path(options.token).read_text().strip() if options.token else ""

    async def connect(catalog: Catalog) -> Connection:
        await asyncio.sleep(0)
        return Posted(options.url, bearer, catalog.stale)

    return connect


def _variable(environ: Mapping[str, str], given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if name.upper().startswith(_OURS):
        raise Unusable(f"{name} is Countersign's own, and no upstream gets it")
    if not sign and name not in environ:
        raise Unusable(f"{name} is not set, and the upstream was to have it")
    return name, value if sign else environ[name]


def _kept(environ: Mapping[str, str], options: Options, agent: str) -> tuple[Journal, Ends]:
    kept = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(options.state) if options.state else Path(kept) / "countersign" / "mcp-proxy" / options.name
    try:
        return Journal(folder), Ends(folder / "ended", agent)
    except OSError as error:
        raise Unusable(
            f"{folder} has to keep which approvals were used ({error.strerror}): give --state"
        ) from error
