"""How the sandbox's page shows mails: their links lead through the proxy, as the person who reads them."""

import json
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import links
from sandbox.mailbox import Mail, Mailbox
from sandbox.scanner import Scanner

_FRAME = {
    # A mail is written by who knows whom: it runs nothing, fetches nothing, and is of no origin.
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
        " img-src data:; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Letters:
    """The mailbox as people read it. `opened_as` says by which address a person opens a link."""

    def __init__(self, mailbox: Mailbox | None, scanner: Scanner, *, opened_as: Callable[[str, str], str]) -> None:
        self.mailbox, self.scanner, self._opened_as = mailbox, scanner, opened_as

    def held(self) -> list[Mail]:
        """Every mail, oldest first."""
        return self.mailbox.messages() if self.mailbox else []

    def version(self) -> str:
        """What changes when there is something new to show."""
        return f"{len(self.held())}.{len(self.scanner.visits())}.{int(self.scanner.on)}"

    async def listed(self, request: Request) -> Response:
        """Every mail, with the address by which the reader, `as=ADDRESS`, opens each link; and the scanner."""
        reader = request.query_params.get("as", "")
        mails = [mail | {"opens": self._opens(mail, reader)} for mail in self.held()]
        return JSONResponse({"messages": mails, "scanner": self._scanner()})

    async def shown(self, request: Request) -> Response:
        """The HTML part of a mail, for a frame."""
        number, held = request.path_params["number"], self.held()
        if number >= len(held) or not held[number]["html"]:
            return Response("There is no such page.", 404, media_type="text/plain")
        reader = request.query_params.get("as", "")
        page = links.rewritten(held[number]["html"], lambda url: self._opened(url, reader))
        return Response(page, media_type="text/html; charset=utf-8", headers=_FRAME)

    async def scanned(self, request: Request) -> Response:
        """Switch the scanner on or off (`{"on": true}`); return whether it is on and what it did."""
        try:
            on = json.loads(await request.body())["on"]
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": f"unusable order: {error}"}, 400)
        self.scanner.on = bool(on)
        return JSONResponse(self._scanner())

    def _opens(self, mail: Mail, reader: str) -> dict[str, str]:
        return {link: self._opened(link, reader) for link in links.of_mail(mail)}

    def _opened(self, url: str, reader: str) -> str:
        return self._opened_as(reader, url) if reader else url

    def _scanner(self) -> dict[str, object]:
        visits = [msgspec.to_builtins(visit) for visit in self.scanner.visits()]
        return {"on": self.scanner.on, "visits": visits}
