"""Applications: `require` of what a guardrail allows, and clicks while a thousand of them wait for decisions."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter, sleep

from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, free_port, pinned, running
from bench.refunds import REFUND, issuers, payments
from bench.stock import Stock
from countersign_client.applications import Application
from countersign_client.call_tokens import SigningKey, authorization, new_key, private_jwk
from countersign_client.calls import send
from sandbox.app import Sandbox
from sandbox.world import Person

WAITING = 1_000
_ASKED = 20
"""Requests for which they wait, so many calls each."""

_ROUNDS, _CLICKS, _CALLS = 6, 60, 40
_PAUSE = 0.05
"""Seconds before each call, either kind: one call is measured, and not what the one before has left to do."""

_START = 60.0


class Shop:
    """A stock whose policy has an application, on a port that its calls name."""

    def __init__(self, folder: Path, box: Sandbox, *, webhook: str = "") -> None:
        self.key: SigningKey = new_key("ES256")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stock = Stock(folder, more=_stanza(box.oidc_url, self.key, webhook))
        self.secret = folder / "payments.jwk"
        self.secret.write_text(json.dumps(private_jwk(self.key)))
        person = Person(id="U0", name="asker", real_name="Asker", email="payer@example.com")
        self.token = box.oidc.issuer.id_token(person, client="payments")
        self.app = Application(self.url, "payments", self.key)

    @contextmanager
    def serving(self, *, outside: int, log: Path) -> Iterator[Child]:
        environ = {
            **self.stock.environ(outside=outside),
            "COUNTERSIGN_API_URL": self.url,
            "COUNTERSIGN_RECEIPT_SIGNER": f"file:{self.stock.folder / 'receipts.jwk'}",
            "COUNTERSIGN_WEBHOOK_SIGNER": f"file:{self.stock.folder / 'webhooks.jwk'}",
        }
        with running([COUNTERSIGN, "serve"], environ=environ, log=log, port=self.port) as child:
            yield child


def measure(folder: Path) -> list[Figure]:
    """Both, with the sandbox's OpenID provider to say who people are."""
    with Sandbox.start() as box, ExitStack() as held:
        log = folder / "applications.log"
        command = [PYTHON, "-m", "bench.outside", "0.05", "0"]
        outside = held.enter_context(running(command, environ={}, log=log, core=LOAD_CORE))
        return [
            _required(Shop(folder / "requiring", box), outside.port, log),
            _waited(Shop(folder / "nobody-waits", box), Shop(folder / "waiting", box), outside.port, log),
        ]


def _required(shop: Shop, outside: int, log: Path) -> Figure:
    """A signed call that files, decides and uses durably, and its receipt verified; against one that does nothing.

    They are made in turns, so that both meet the same machine.
    """
    plain = [PYTHON, "-m", "bench.plain_call", str(shop.secret)]
    ours, bare = [], []
    with shop.serving(outside=outside, log=log) as service, running(plain, environ={}, log=log) as empty:
        _require(shop)  # fetches keys, and whom the issuer's are
        before = service.cpu(), empty.cpu()
        for _ in range(_ROUNDS * _CALLS):
            bare.append(_taken(lambda: _call(shop, empty.port)))
            ours.append(_taken(lambda: _require(shop)))
        spent = service.cpu() - before[0], empty.cpu() - before[1]
    of_ours, of_bare = (1000 * each / len(ours) for each in spent)
    name = "require of what a guardrail allows / an empty signed call"
    baseline = (
        f"bare Starlette that checks the signature; CPU {of_ours:.1f} ms, the card with it, / {of_bare:.1f} ms"
    )
    return ratio(name, ours, bare, target=4, baseline=baseline)


def _waited(idle: Shop, busy: Shop, outside: int, log: Path) -> Figure:
    """The median acknowledgement of a press while applications wait, against the same without any."""
    for shop in (idle, busy):
        shop.stock.fill(_ROUNDS * _CLICKS)
    with idle.serving(outside=outside, log=log) as one, busy.serving(outside=outside, log=log) as other:
        asked = [busy.app.ask("refund", on_behalf_of=busy.token, amount=250).id for _ in range(_ASKED)]
        before = other.resident()
        with _waiters(busy, asked):
            alone, beside = [], []
            for _ in range(_ROUNDS):
                alone.append(one_by_one(one.port, idle.stock.presses(idle.stock.take(_CLICKS)), pause=0.01))
                beside.append(one_by_one(other.port, busy.stock.presses(busy.stock.take(_CLICKS)), pause=0.01))
            more = (other.resident() - before) / 1e6
            _until_all_wait(busy.port, "not all of them waited: nothing was measured beside them")
    name = f"click while {WAITING:,} applications wait / idle"
    return ratio(name, beside, alone, target=1.2, baseline=f"idle, and {more:.0f} MB more")


@contextmanager
def _waiters(shop: Shop, asked: list[str]) -> Iterator[None]:
    command = [PYTHON, "-m", "bench.waiters", shop.url, str(shop.secret), str(WAITING), *asked]
    waiting = subprocess.Popen(pinned(command, LOAD_CORE), stdin=subprocess.DEVNULL)
    try:
        _until_all_wait(shop.port, "the applications do not wait")
        sleep(1.0)
        yield
    finally:
        waiting.kill()
        waiting.wait()


def _until_all_wait(port: int, otherwise: str) -> None:
    """Whoever was answered asks again, so that for moments there are fewer. Raises `RuntimeError`."""
    until = monotonic() + _START
    while _connected(port) < WAITING:
        if monotonic() > until:
            raise RuntimeError(otherwise)
        sleep(0.1)


def _connected(port: int) -> int:
    """Connections that stand to a port of this machine (proc(5), /proc/net/tcp: local address, state)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def _require(shop: Shop) -> object:
    return shop.app.require("refund", on_behalf_of=shop.token, amount=40)


def _call(shop: Shop, port: int) -> object:
    url = f"http://127.0.0.1:{port}"
    said = authorization(
        shop.key,
        issuer="payments",
        audience=url,
        method="POST",
        url=f"{url}/v1/empty",
        body=b"{}",
        idempotency_key="empty",
        now=datetime.now(UTC),
    )
    answer = send("POST", f"{url}/v1/empty", timeout=20, headers={"Authorization": said}, body=b"{}")
    if answer.status != 200:
        raise RuntimeError(f"the bare application answers with HTTP {answer.status}")
    return answer


def _taken(call: object) -> float:
    sleep(_PAUSE)
    started = perf_counter()
    call()  # type: ignore[operator]
    return perf_counter() - started


def _stanza(issuer: str, key: SigningKey, webhook: str) -> str:
    limits = "    limits: {pending: 500, per_hour: 3600}\n"
    told = payments(key.public(), webhook=webhook)
    return f"{issuers(issuer)}{told}{limits}actions:\n{REFUND}    pending: 8h\n"
