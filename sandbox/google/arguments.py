"""What a served method is given, and what it is."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.google.state import Google


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """A request's resource name (from its path), query parameters and body."""

    resource: str
    query: Mapping[str, str]
    body: Mapping[str, Any]


Handler = Callable[[Google, Arguments], dict[str, Any]]
