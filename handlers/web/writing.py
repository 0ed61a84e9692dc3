"""Pages by their templates."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from handlers.web.markup import html, moment
from handlers.web.pages import Page

_TEMPLATES = Path(__file__).parent / "templates"


class _Once(jinja2.FileSystemLoader):
    """Reads each template once, whoever needs it at the same moment, as all do that extend one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._lock = threading.Lock()
        self._read: dict[str, jinja2.Template] = {}

    def load(self, environment: jinja2.Environment, name: str, *given: Any) -> jinja2.Template:
        with self._lock:
            if name not in self._read:
                self._read[name] = super().load(environment, name, *given)
            return self._read[name]


class Writing:
    """Writes pages. A template is read when a page first needs it."""

    def __init__(self) -> None:
        templates = jinja2.Environment(
            loader=_Once(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )
        self._template = cache(templates.get_template)

    def written(self, page: Page, *, who: str, zone: ZoneInfo) -> str:
        """The HTML of a page for this address, its moments in this zone."""
        template = self._template(page.template)
        return template.render(page.context, who=who, html=_in(html, zone), moment=_in(moment, zone))


def _in(write: Callable[..., Any], zone: ZoneInfo) -> Callable[..., Any]:
    return lambda what, **how: write(what, zone, **how)
