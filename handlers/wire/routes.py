"""Which function answers a call, by its method and path, and what a call gets that none answers as it should."""

import logging
from collections.abc import Mapping
from typing import Generic, TypeVar

from starlette.requests import Request

from approvals.refusals.errors import Conflict, NotFound, Unavailable
from handlers.wire.problems import Fault, refusal, unexpected
from handlers.wire.reading import Headers
from handlers.wire.written import Written, problem
from handlers.wording.errors import error_id, generic

Look = TypeVar("Look")
Change = TypeVar("Change")
Parts = tuple[str, ...]
"""A path by its parts, behind `/v1/`."""


class Routes(Generic[Look, Change]):
    """The addresses of an API. In a pattern a star stands for the id that is the second part of a path."""

    def __init__(self, *, looks: Mapping[Parts, Look], changes: Mapping[Parts, Change]) -> None:
        """`looks` are answered to GET, by patterns; `changes` by a method and a pattern."""
        self._looks = looks
        self._changes = changes

    def look(self, parts: Parts) -> Look:
        """What answers a GET. Raises `NotFound`, or `Fault` where this address takes other methods."""
        found = self._looks.get(_pattern(parts))
        if found is None:
            raise self._astray(parts)
        return found

    def change(self, method: str, parts: Parts) -> Change:
        """What answers a call that changes something. Raises as `look` does."""
        found = self._changes.get((method, *_pattern(parts)))
        if found is None:
            raise self._astray(parts)
        return found

    def _astray(self, parts: Parts) -> Exception:
        """No such address, or not by this method."""
        pattern = _pattern(parts)
        known = {method for method, *rest in self._changes if tuple(rest) == pattern}
        known |= {"GET", "HEAD"} if pattern in self._looks else set()
        if not known:
            return NotFound("no address of ours")
        allow = ", ".join(sorted(known))
        return Fault(405, "method", f"This address takes {allow}.", allow=allow)


def parts_of(request: Request) -> Parts:
    return tuple(str(request.scope["path"]).split("/")[2:])


def headers_of(request: Request) -> Headers:
    return {name: request.headers.getlist(name) for name in request.headers.keys()}  # noqa: SIM118 - names alone


def failed(error: Exception, *, log: logging.Logger, page: str = "") -> Written:
    """What a call is answered that failed, whatever by. `page` is where a person can do it instead."""
    if isinstance(error, Unavailable | Conflict):
        log.warning("could not serve a call: %s", error)
    try:
        return problem(refusal(error, page=page))
    except Exception:
        reference = error_id()
        log.exception("%s: unexpected %s", reference, type(error).__name__)
        return problem(unexpected(generic(reference), reference))


def _pattern(parts: Parts) -> Parts:
    return tuple("*" if place == 1 and part else part for place, part in enumerate(parts))
