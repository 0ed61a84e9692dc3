"""How telemetry is carried to its collector: all of a call is over at its time, and little of an answer is held.

The library counts its limit for each read of a socket, and holds an answer of any length
(`countersign_client.calls` says more). Its certificates, proxies and retries stay its own.
"""

import contextlib
import socket
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

LARGEST = 64 * 1024
"""Bytes of an answer: nothing of it is needed but its status."""

_calling = threading.local()


def session() -> requests.Session:
    """What an exporter sends by."""
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Carrier())
    return made


class _Limit:
    """Ends what a call waits for once its time is over, by shutting its connection."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Limit":
        _calling.limit = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket, _calling.limit = None, None

    def require_time(self) -> None:
        """Raise `TimeoutError` where it is over: what was read by then ended because of that."""
        with self._lock:
            if self._over:
                raise TimeoutError("no time is left")

    def watch(self, connection: Any) -> None:
        """The call goes on by this connection. Raises `TimeoutError` where it is over already."""
        with self._lock:
            # The connection forgets it where the answer is to end with it, and reads on from it all the same.
            self._socket = connection.sock
            if self._over:
                raise TimeoutError("no time is left")

    def _cut(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._over = True
            if self._socket is not None:
                # Beneath TLS, which would wait for the other side.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _calling.limit.watch(self)

    def request(self, *args: Any, **options: Any) -> None:
        _calling.limit.watch(self)
        super().request(*args, **options)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS: what comes before in the order of its classes is `HTTPSConnection`'s."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


_POOLS = {"http": _Pool, "https": _PoolTLS}


class _Carrier(HTTPAdapter):
    """Sends within the timeout as a whole. Raises a `requests.RequestException`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        with _Limit(float(options["timeout"])) as limit:
            answer = super().send(request, **(options | {"stream": True}))
            answer._content = _read(answer, limit)  # noqa: SLF001 - an answer that is read already has no other way in
        return answer


def _read(answer: requests.Response, limit: _Limit) -> bytes:
    try:
        body: bytes = answer.raw.read(LARGEST + 1, decode_content=False)
        if len(body) <= LARGEST:
            # Only a read that finds nothing says that there should have been more.
            answer.raw.read(1)
        limit.require_time()
    except Exception as error:
        answer.close()
        raise requests.ConnectionError(f"no whole answer: {error!r}") from error
    if len(body) > LARGEST:
        answer.close()
        raise requests.ConnectionError("the answer is too large")
    return body
