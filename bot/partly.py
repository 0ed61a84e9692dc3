"""The environment as far as it can be read, with everything that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from approvals.nearest import nearest
from bot import jit_access, sweep_settings
from bot.trust import untrusted
from bot.variables import unquoted, variables
from handlers.channel import Channel
from handlers.settings import Variable

S = TypeVar("S")
Channels = Sequence[Channel[Any]]

_OURS = ("COUNTERSIGN_",)
_OF_CHANNELS = ("SMTP_", "IAP_")
"""How names begin of which none is ignored: one that is misspelt is a limit that somebody believes in.

Of channels that is said where one is opened: the shell in which somebody freezes may have other programs' names.
"""

_OF_CLIENTS = ("IAP_CLIENT_ID",)
"""What `countersign login` reads, which may stand in the same shell."""

_OF_KUBERNETES = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
"""What a pod is told of each service beside it, whatever that is called (Kubernetes, "Environment variables")."""


class Partly(msgspec.Struct, frozen=True, kw_only=True):
    """What the variables came to: None for one that is not set or is wrong. Each problem begins with a name."""

    values: Mapping[str, Any]
    problems: tuple[str, ...]

    def is_wrong(self, *names: str) -> bool:
        """Say whether a problem was found with one of these variables."""
        return not self._wrong().isdisjoint(names)

    def channel(self, channel: Channel[S]) -> S | None:
        """The settings of a channel; None where it is not set up, or something is wrong with them."""
        if self.is_wrong(*(variable.name for variable in channel.variables)):
            return None
        return channel.read(self.values)

    def _wrong(self) -> frozenset[str]:
        return frozenset(problem.partition(":")[0] for problem in self.problems)


def partly(environ: Mapping[str, str], *, channels: Channels, opened: Channels) -> Partly:
    """Read the variables of some channels, and of the program. What is missing is said of those to be `opened`."""
    ours = _OURS + _OF_CHANNELS if opened else _OURS
    values, problems = _values(environ, variables(channels), ours=ours)
    wrong = {problem.partition(":")[0] for problem in problems}
    problems += untrusted(values, environ, channels)
    problems += [problem for channel in opened for problem in channel.missing(values, wrong)]
    if opened:
        problems += sweep_settings.problems(values, wrong, service=environ.get("K_SERVICE", ""))
    return Partly(values=values, problems=tuple(problems))


def _values(
    environ: Mapping[str, str], known: Sequence[Variable], *, ours: tuple[str, ...]
) -> tuple[dict[str, Any], list[str]]:
    given = {name: text.strip() for name, text in environ.items() if text.strip()}
    values: dict[str, Any] = {}
    names = [variable.name for variable in known]
    foreign = {name for name, text in given.items() if _is_of_kubernetes(name, text)}
    unknown = sorted(given.keys() - foreign - set(names))
    problems = [problem for name in unknown if (problem := _name_problem(name, names, ours=ours))]
    for variable in known:
        text = given.get(variable.name, variable.default)
        try:
            values[variable.name] = variable.parse(text if variable.quotes else unquoted(text)) if text else None
        except ValueError as wrong:
            values[variable.name] = None
            problems.append(f"{variable.name}: {wrong}.")
    return values, problems


def _name_problem(name: str, known: Sequence[str], *, ours: tuple[str, ...]) -> str | None:
    if why := jit_access.REFUSED.get(name):
        return f"{name}: {why}."
    if name.startswith(ours) and name not in _OF_CLIENTS:
        near = nearest(name, known)
        return f"{name}: there is no such setting." + (f" Did you mean {near}?" if near else " Unset it.")
    return None


def _is_of_kubernetes(name: str, text: str) -> bool:
    return _OF_KUBERNETES.fullmatch(name) is not None or (name.endswith("_PORT") and "://" in text)
