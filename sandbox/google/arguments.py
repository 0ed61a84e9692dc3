"""What a handler is given of a request, and what one is."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.google.state import Google


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """A request's resource name (from its path), query parameters and body. `repeated` has all values of each."""

    resource: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    repeated: Mapping[str, tuple[str, ...]] = {}

    def several(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may come several times."""
        return self.repeated.get(name, ())


Handler = Callable[[Google, Arguments], dict[str, Any]]
