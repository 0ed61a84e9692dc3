"""What a mail leads to: its links and, in a page, its forms."""

import re
from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser
from typing import Any

from sandbox.world import Record

_LINK = re.compile(r"https?://[^\s<>\"')\]]+")
_BLANK = 'target="_blank" rel="noopener noreferrer"'
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))


class Form(Record, frozen=True):
    """A form as a browser would send it, by one of its buttons."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]


def of_mail(mail: Mapping[str, Any]) -> list[str]:
    """The links of both parts, each once, in order."""
    shown = _Links()
    shown.feed(mail["html"])
    found = [*_LINK.findall(mail["text"]), *shown.found]
    return list(dict.fromkeys(link.rstrip(".,;:") for link in found))


def rewritten(html: str, lead: Callable[[str], str]) -> str:
    """The same HTML, whose links lead where `lead` says, in a window of their own."""
    page = _Rewriter(lead)
    page.feed(html)
    page.close()
    return "".join(page.written)


def forms(html: str) -> list[Form]:
    """Every way in which the forms of a page could be sent: once for each button."""
    page = _Forms()
    page.feed(html)
    return page.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag in ("a", "area") and _LINK.match(href):
            self.found.append(href)


class _Rewriter(HTMLParser):
    def __init__(self, lead: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=False)
        self._lead = lead
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = [(name, value) for name, value in attrs if name not in ("target", "rel")]
        led = [(name, self._lead(value) if name == "href" and value else value) for name, value in kept]
        told = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in led)
        self.written.append(f"<{tag}{told}{' ' + _BLANK if tag in ('a', 'area') else ''}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.written.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.written.append(f"<!{decl}>")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: dict[str, str | None] | None = None
        self._fields: list[tuple[str, str]] = []
        self._buttons: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        name, value, kind = held.get("name") or "", held.get("value") or "", (held.get("type") or "").lower()
        if tag == "form":
            self._form, self._fields, self._buttons = held, [], []
        elif tag == "button" or (tag == "input" and kind in ("submit", "image")):
            self._buttons.append((name, value))
        elif tag in ("input", "textarea", "select") and name:
            self._fields.append((name, value or ("on" if kind == "checkbox" else "x" if kind != "hidden" else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag != "form" or self._form is None:
            return
        for name, value in self._buttons or [("", "")]:
            pressed = [(name, value)] if name else []
            method = (self._form.get("method") or "get").upper()
            fields = (*self._fields, *pressed)
            self.found.append(Form(action=self._form.get("action") or "", method=method, fields=fields))
        self._form = None
