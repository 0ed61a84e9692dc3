"""What stands between a program and a service, and loses or holds answers that were given."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOPS = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Relay:
    """Passes calls on to `to` (`http://HOST:PORT`), and does what it does to an answer that was given."""

    def __init__(self) -> None:
        self.to = ""
        self.url = ""
        self.broken: dict[str, int] = {}
        """So many answers to calls whose path ends so become a 502."""
        self.held = ""
        """Answers to calls whose path ends so are never given."""
        self.holds = threading.Event()
        self._over = threading.Event()

    def break_next(self, path: str, *, times: int = 1) -> None:
        self.broken[path] = times

    def answered(self, path: str) -> bool:
        """Whether an answer is passed on; it may be a while."""
        target = path.partition("?")[0]
        if self.held and target.endswith(self.held):
            self.holds.set()
            self._over.wait(60)
            return False
        for end, left in self.broken.items():
            if left and target.endswith(end):
                self.broken[end] = left - 1
                return False
        return True

    def end(self) -> None:
        self._over.set()


class _Handler(BaseHTTPRequestHandler):
    relay: Relay

    def passed_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.relay.to.removeprefix("http://"), timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS | {"host"}}
            connection.request(self.command, self.path, body=body or None, headers=headers)
            response = connection.getresponse()
            octets = response.read()
        finally:
            connection.close()
        passed = self.relay.answered(self.path)
        self.send_response(response.status if passed else 502)
        for name, value in response.getheaders() if passed else ():
            if name.lower() not in HOPS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets) if passed else 0))
        self.end_headers()
        self.wfile.write(octets if passed else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def relay() -> Iterator[Relay]:
    """Stand there until the block ends, at `url`."""
    made = Relay()
    methods = {f"do_{each}": _Handler.passed_on for each in ("GET", "POST", "DELETE")}
    handler = type("Handler", (_Handler,), {"relay": made, **methods})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.end()
        server.shutdown()
        thread.join(60)
        server.server_close()
