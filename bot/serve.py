"""`countersign serve`: from the environment to a running server."""

import gc
import itertools
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType
from typing import NoReturn

import uvicorn

from approvals.backends.google_credentials import CredentialsError
from approvals.backends.signers.keyset import KeysError
from approvals.backends.stores.errors import StoreError
from approvals.policy.reading.document import PolicyError
from approvals.reconcile.backoff import backoff
from approvals.refusals.errors import CountersignError, Unavailable
from bot import __version__, logs
from bot.admission import Admission, room
from bot.background import HOLD
from bot.channels import CHANNELS
from bot.compose import Service
from bot.ending import Ending
from bot.protocol import BoundedHttp
from bot.server import application
from bot.settings import Settings, SettingsError, read
from handlers.channel import Unusable

_RESOURCES = 10.0
"""Seconds after which Google is asked about the policy's resources: that loads a library which can wait."""

_CIRCLES = (1_500, 10, 60)
"""After so many objects more new ones are looked at for circles; every tenth time those before them as well, and
every sixtieth of those all there are.

A page leaves some hundred objects in circles. Where they lie for longer, each page is written into memory that no
cache holds; what is there for good is looked at seldom.
"""

_log = logging.getLogger("countersign")


class StartError(CountersignError):
    """The service cannot start; each problem says what is wrong, where, and what would mend it."""

    def __init__(self, *problems: object) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def serve(environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises `StartError` before anything is served."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends its work and raises the signal again: then everything else is closed in order too.
        signal.signal(number, _stop)
    try:
        settings = read(environ)
    except SettingsError as error:
        raise StartError(*error.problems) from error
    logs.configure(
        level=settings.log_level,
        json_lines=settings.on_cloud_run,
        hidden=[pattern for channel in CHANNELS for pattern in channel.hidden],
        secrets=settings.secrets,
    )
    with _listening(settings) as listener:
        service = _service(settings)
        gc.freeze()
        gc.set_threshold(*_CIRCLES)
        gc.enable()
        ending = Ending()
        try:
            _run(service, listener, ending)
        finally:
            ending.begin()
            service.close()
            ending.over()


def _service(settings: Settings) -> Service:
    try:
        return Service(settings)
    except PolicyError as error:
        raise StartError(*error.problems) from error
    except (StoreError, KeysError, Unavailable, Unusable) as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(_unreadable(error, settings)) from error


def _unreadable(error: OSError, settings: Settings) -> str:
    """Say which file cannot be used, and of a missing policy file where to start: people write it themselves."""
    name = error.filename or settings.policy
    said = f"{name}: {error.strerror}"
    if not isinstance(error, FileNotFoundError) or str(name) != str(settings.policy):
        return said
    return f"{said}. COUNTERSIGN_POLICY names the policy file; to write one, start from examples/policy.yaml"


def _listening(settings: Settings) -> socket.socket:
    # Beside a sandbox nobody outside this machine has any business here.
    host = "127.0.0.1" if settings.sandbox else "0.0.0.0"  # noqa: S104 - a service listens
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
    except OSError as error:
        listener.close()
        raise StartError(f"PORT: {settings.port} cannot be taken: {error.strerror}") from error
    return listener


def _run(service: Service, listener: socket.socket, ending: Ending) -> None:
    admission = Admission(most=room(), seldom=service.seldom)
    config = uvicorn.Config(
        application(service),
        loop="uvloop",
        http=partial(BoundedHttp, admission=admission),  # type: ignore[arg-type]  # what it is called with fits
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,  # of the seconds that `Ending` has for everything
    )
    server = _Server(config, service, ending)
    wrong: list[CountersignError] = []
    for lookout in service.lookouts:
        lookout.start()
    looks: list[tuple[Callable[[], object], float]] = [
        *((look, 0.0) for served in service.served for look in served.looks),
        *((look, HOLD) for served in service.served for look in served.later),
        (service.store.installation, HOLD),
        (service.background.require_work, HOLD),
        (service.keys.check, HOLD),
        (service.check_google, HOLD),
        (service.load_catalog, HOLD),
        (service.drift.load, HOLD),
        (service.look_for_resources, _RESOURCES),
        (service.telemetry.begin, HOLD),
    ]
    for look, after in looks:
        options = {"after": after}
        threading.Thread(target=_check, args=(look, server, wrong), kwargs=options, daemon=True).start()
    ways = [served.way for served in service.served if served.way]
    _log.info("Countersign %s serves %s", __version__, " and ".join(ways))
    server.run(sockets=[listener])
    if wrong:
        raise StartError(str(wrong[0]))


class _Server(uvicorn.Server):
    """Lets the channels answer whoever waits before it waits for all answers."""

    def __init__(self, config: uvicorn.Config, service: Service, ending: Ending) -> None:
        super().__init__(config)
        self._service = service
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.begin()
        for served in self._service.served:
            served.ending()
        self._service.background.let_go()
        await super().shutdown(sockets=sockets)


def _check(
    look: Callable[[], object], server: uvicorn.Server, wrong: list[CountersignError], *, after: float
) -> None:
    """Look outside once, beside the serving; end it where the settings can never work."""
    time.sleep(after)
    for tries in itertools.count(1):
        try:
            look()
        except Unavailable as error:
            _log.warning("not there yet: %s", error)
        except (Unusable, StoreError, KeysError, CredentialsError) as error:
            wrong.append(error)
            server.should_exit = True
            return
        except Exception:  # noqa: BLE001 - whatever it is, it must not end this look for good
            _log.exception("a look outside failed")
        else:
            return
        time.sleep(backoff(tries, cap=60.0).total_seconds())


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
