"""Where a browser returns to with a code: a port of this machine, which waits for one (RFC 8252 section 7.3)."""

import hmac
import html
import http.server
import threading
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from countersign_client.errors import Refused, Unreachable
from countersign_client.lines import fit

_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Countersign</title>"
    "<h1>{title}</h1><p>{text}</p></html>"
)
_SLOW = 5.0
"""Seconds that one visitor may take for its request: whoever says nothing keeps nobody else out."""


class Loopback:
    """Listens on 127.0.0.1, on any free port, for the browser that was sent away with `state`."""

    def __init__(self, state: str) -> None:
        self._arrived = threading.Event()
        self._lock = threading.Lock()
        self._state, self._code, self._error = state, "", ""
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> "Loopback":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def code(self, *, timeout: float) -> str:
        """Return the code that came. Raises `Refused` where Google sent none, `Unreachable` where nobody came."""
        if not self._arrived.wait(timeout):
            raise Unreachable(
                "nobody came back from the sign-in in time: run this again, and finish it in the browser"
            )
        if self._error == "access_denied":
            raise Refused("the sign-in was turned down in the browser: run this again to sign in after all")
        if self._error:
            raise Refused(f"Google ended the sign-in with {self._error}: ask who set up the desktop client")
        return self._code

    def answered(self) -> None:
        """A browser has got its page: if it brought a code, nobody has to wait here any longer."""
        if self._code or self._error:
            self._arrived.set()

    def take(self, host: str, target: str) -> tuple[HTTPStatus, str, str]:
        """Take what a browser brings, once; return the status, title and text of the page that it gets."""
        parts, given = urlsplit(target), parse_qs(urlsplit(target).query)
        state, code, error = (given.get(name, [""])[0] for name in ("state", "code", "error"))
        if f"http://{host}/" != self.url or parts.path != "/":
            return HTTPStatus.NOT_FOUND, "Not found", "Nothing is here."
        if not hmac.compare_digest(state.encode(), self._state.encode()) or not (code or error):
            return HTTPStatus.BAD_REQUEST, "Not this sign-in", "Use the window that countersign login opened."
        with self._lock:
            if self._code or self._error:
                return HTTPStatus.GONE, "Over", "This sign-in has ended. Run countersign login again."
            self._code, self._error = code, fit(error)[:60]
        if error:
            return HTTPStatus.OK, "Not signed in", "Google signed nobody in. Look at the terminal for what to do."
        return HTTPStatus.OK, "Go back to the terminal", "This window may be closed."


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def handle_error(self, *_: object) -> None:
        """Whoever hangs up in the middle is no news."""


def _handler(loopback: Loopback) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = _SLOW

        def do_GET(self) -> None:
            try:
                self._say(*loopback.take(self.headers.get("host", ""), self.path))
            finally:
                loopback.answered()

        def _say(self, status: HTTPStatus, title: str, text: str) -> None:
            page = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            # The code stands in the address.
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            """Codes are not for terminals."""

    return Handler
