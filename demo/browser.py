"""Somebody's browser: it opens pages, keeps cookies, and sends a form as browsers do, by the press of a button."""

from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

_LARGEST = 1024 * 1024
_BLOCKS = frozenset(
    ("p", "div", "li", "dt", "dd", "h1", "h2", "h3", "tr", "section", "header", "main", "footer", "button", "a")
)
_UNSEEN = frozenset(("head", "style", "script", "template"))


class Browser:
    """What one person sees in one window."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor())
        self.url = ""
        self._says_nothing = False
        self._page = _Page()

    def open(self, url: str) -> None:
        """Go to an address, and wherever it leads. Raises `OSError` where nobody answers."""
        self._go(Request(url))

    def press(self, label: str, **typed: str) -> None:
        """Press a button of a form, with what was typed into it. Raises `LookupError` where no button says so."""
        action, method, held = self._page.pressed(label)
        fields = [(name, value) for name, value in held if name not in typed] + list(typed.items())
        url, sent = urljoin(self.url, action or self.url), urlencode(fields)
        if method != "post":
            return self.open(f"{url.partition('?')[0]}?{sent}")
        here = urlsplit(self.url)
        # Under `no-referrer` a browser names no origin, not even its own.
        origin = "null" if self._says_nothing else f"{here.scheme}://{here.netloc}"
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        return self._go(Request(url, data=sent.encode(), headers=headers))

    def follow(self, label: str) -> None:
        """Follow a link. Raises `LookupError` where none says so."""
        self.open(urljoin(self.url, self._page.led(label)))

    @property
    def lines(self) -> list[str]:
        """The page as plain text."""
        return self._page.lines()

    def _go(self, request: Request) -> None:
        try:
            answer = self._opener.open(request, timeout=20)
        except HTTPError as refused:  # a page too, and often the one that matters
            answer = refused
        with answer:
            self.url = answer.url
            self._says_nothing = answer.headers.get("Referrer-Policy") == "no-referrer"
            self._page = _Page()
            self._page.feed(answer.read(_LARGEST).decode(errors="replace"))


class _Page(HTMLParser):
    """The words of a page, its links and its forms."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []
        self._unseen = 0
        self._link: tuple[str, int] | None = None
        self._links: list[tuple[str, str]] = []
        self._form: dict[str, str] = {}
        self._fields: list[tuple[str, str]] = []
        self._button: tuple[dict[str, str], int] | None = None
        self._buttons: list[tuple[str, dict[str, str], dict[str, str], list[tuple[str, str]]]] = []

    def lines(self) -> list[str]:
        return [line for line in (" ".join(each.split()) for each in "".join(self._text).split("\n")) if line]

    def pressed(self, label: str) -> tuple[str, str, list[tuple[str, str]]]:
        """Where the form of a button goes, how, and with what."""
        for said, button, form, fields in self._buttons:
            if said == label:
                own = [(button["name"], button.get("value", ""))] if button.get("name") else []
                return form.get("action", ""), form.get("method", "get").lower(), [*fields, *own]
        raise LookupError(f"no button says {label!r}")

    def led(self, label: str) -> str:
        """Where the link leads that says so, or whose address ends so."""
        for said, to in self._links:
            if said == label or to.endswith(f"/{label}"):
                return to
        raise LookupError(f"no link says {label!r}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS or tag == "br":
            self._text.append("\n")
        if tag == "a":
            self._link = held.get("href", ""), len(self._text)
        if tag == "form":
            self._form, self._fields = held, []
        elif tag == "button":
            self._button = held, len(self._text)
        elif tag in ("input", "textarea") and held.get("name") and _is_sent(held):
            self._fields.append((held["name"], held.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        if tag == "a" and self._link:
            self._links.append((self._said(self._link[1]), self._link[0]))
            self._link = None
        if tag == "button" and self._button:
            said = self._said(self._button[1])
            # The fields that stand below it belong to its form as well: the list is the form's own.
            self._buttons.append((said, self._button[0], self._form, self._fields))
            self._button = None
        if tag in _BLOCKS:
            self._text.append("\n")

    def _said(self, since: int) -> str:
        return " ".join("".join(self._text[since:]).split())

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)


def _is_sent(field: dict[str, str]) -> bool:
    kind = field.get("type", "text")
    return kind not in ("submit", "image", "button") and (kind not in ("radio", "checkbox") or "checked" in field)
