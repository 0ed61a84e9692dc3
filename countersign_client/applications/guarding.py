"""A function that runs only when it is allowed, with the copy of what was asked for: what its arguments mean."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from countersign_client.applications.proof import Allowed
from countersign_client.applications.values import Person
from countersign_client.errors import Unusable

RECEIPT = "receipt"
"""The argument that a function may have for what allowed it. Who calls it gives none."""


class Wanted(NamedTuple):
    """One call of a function: what is to be asked for, on whose behalf, and its other arguments."""

    parameters: Mapping[str, Any]
    person: Person
    others: Mapping[str, Any]


class Guarded:
    """A function's arguments. `on_behalf_of` names the one that says whose deed it is; it is given that as well.

    `parameters` names those that are asked for; without it they are all the others. Raises `Unusable` for a
    function that cannot be guarded.
    """

    def __init__(
        self, function: Callable[..., Any], *, on_behalf_of: str, parameters: Sequence[str] | None
    ) -> None:
        whole = inspect.signature(function)
        plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        known = [name for name in whole.parameters if name != RECEIPT]
        self._takes_receipt = RECEIPT in whole.parameters
        self._signature = whole.replace(parameters=[whole.parameters[name] for name in known])
        self._person = on_behalf_of
        self._asked = tuple(parameters) if parameters is not None else tuple(n for n in known if n != on_behalf_of)
        strange = [name for name in (on_behalf_of, *self._asked) if name not in known]
        if strange:
            raise Unusable(f"{function.__name__} has no argument {strange[0]}")
        if on_behalf_of in self._asked:
            raise Unusable(f"{on_behalf_of} says whose deed it is, and is no parameter of it")
        if any(each.kind not in plain for each in whole.parameters.values()):
            raise Unusable(f"{function.__name__} takes arguments without names, of which nobody can be asked")

    def wanted(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Wanted:
        """Sort the arguments of one call. Raises `TypeError` as the function would."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        asked = {name: given[name] for name in self._asked}
        others = {name: value for name, value in given.items() if name not in asked}
        return Wanted(asked, given[self._person], others)

    def arguments(self, wanted: Wanted, allowed: Allowed) -> dict[str, Any]:
        """What the function gets: of what was asked for, the copy that was allowed."""
        absent = dict.fromkeys(self._asked)
        receipt = {RECEIPT: allowed} if self._takes_receipt else {}
        return {**absent, **allowed.parameters, **wanted.others, **receipt}
