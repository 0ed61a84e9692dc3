"""What the variables of a deployment come to here: settings, what the policy file says, and the differences."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from approvals.cel import CelError, check_pattern
from approvals.policy.selectors import DOMAIN
from bot.jit_access import REFUSED, TABLE, Kept, Moved
from bot.migrating.deployment import Deployment, Value
from bot.variables import VARIABLES, unquoted
from handlers.settings import Secret

LONGEST, PENDING = 120, 60
"""ACTIVATION_TIMEOUT and ACTIVATION_REQUEST_TIMEOUT where they are not set, in minutes."""

_MINUTES = re.compile(r"[1-9][0-9]{0,5}")
_SCOPE = re.compile(r"|projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|(?:folders|organizations)/[1-9][0-9]{0,19}")
_MOST = 366 * 24 * 60
_HINT = 150
_SETTINGS: Final = {variable.name: variable for variable in VARIABLES}
_KEPT: Final = {each.name: each for each in TABLE if isinstance(each, Kept)}
_MOVED: Final = {each.name: each for each in TABLE if isinstance(each, Moved)}
_OF_THE_PLATFORM = re.compile(r"GOOGLE_[A-Z_]+|GAE_[A-Z_]+|K_[A-Z_]+|JAVA_[A-Z_]+|JDK_[A-Z_]+")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is other here, of which variable and at which line. `wrong`: it cannot be taken over as it is."""

    line: int
    name: str
    text: str
    wrong: bool = False


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy file says in the place of settings. Times are in minutes."""

    domain: str = ""
    longest: int = LONGEST
    pending: int = PENDING
    pattern: str = ""
    hint: str = ""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """Settings as NAME=VALUE, the secrets and what else has to be added by hand, and the rest.

    `scope` is what RESOURCE_SCOPE says, and None where that can be no scope.
    """

    settings: tuple[str, ...]
    secrets: tuple[str, ...]
    missing: tuple[str, ...]
    defaults: Defaults
    scope: str | None
    differences: tuple[Difference, ...]


def carried(found: Deployment) -> Carried:
    """Translate a deployment. Nothing that is set is left out without a word."""
    settings, secrets, differences = _settings(found)
    defaults, more = _defaults(found)
    scope = found.text("RESOURCE_SCOPE")
    if not _SCOPE.fullmatch(scope):
        text = "it is none of projects/ID, folders/NUMBER and organizations/NUMBER"
        more.append(_wrong(found.values["RESOURCE_SCOPE"], text))
    said = [*differences, *more, *_moved(found), *_strange(found)]
    return Carried(
        settings=tuple(settings),
        secrets=tuple(secrets),
        missing=tuple(_missing(found)),
        defaults=defaults,
        scope=scope if _SCOPE.fullmatch(scope) else None,
        differences=tuple(sorted(said, key=lambda each: each.line)),
    )


def _settings(found: Deployment) -> tuple[list[str], list[str], list[Difference]]:
    """Those that are settings here as well. A secret is named, and never printed."""
    lines, secrets, said = [], [], []
    for value in _given(found, _KEPT):
        differs = _KEPT[value.name].differs
        if value.secret:
            secrets.append(f"# {value.name} comes out of a secret: --set-secrets={value.name}={value.secret}")
            continue
        try:
            read = _read(value)
        except ValueError as error:
            said.append(Difference(line=value.line, name=value.name, text=f"{error}.", wrong=True))
            continue
        if isinstance(read, Secret):
            secrets.append(
                f"# {value.name} is a secret: copy it from line {value.line}, or set SMTP_SECRET instead"
            )
        else:
            lines.append(f"{value.name}={value.text.strip()}")
        if differs != "Nothing.":
            said.append(Difference(line=value.line, name=value.name, text=differs))
    return lines, secrets, said


def _read(value: Value) -> object:
    """The value as the start would read it. Raises `ValueError`."""
    variable, text = _SETTINGS[value.name], value.text.strip()
    found = variable.parse(text if variable.quotes else unquoted(text))
    if not text.isprintable():
        raise ValueError("it has several lines, or signs that nobody sees, and an environment file takes one line")
    return found


def _missing(found: Deployment) -> Iterator[str]:
    """What has to be set by hand, as lines to fill in."""
    yield "# SLACK_BOT_TOKEN=xoxb-…"
    yield "# SLACK_SIGNING_SECRET=…"
    yield "# COUNTERSIGN_PAGES_URL=https://HOST"
    yield "# COUNTERSIGN_LOG_ACTIVATIONS=1, where saved queries of the log are to go on working"
    backend = found.text("IAP_BACKEND_SERVICE_ID")
    if backend:
        yield f"# IAP_AUDIENCE=/projects/NUMBER/global/backendServices/{backend}"
    else:
        yield "# IAP_AUDIENCE=/projects/NUMBER/locations/REGION/services/SERVICE"


def _defaults(found: Deployment) -> tuple[Defaults, list[Difference]]:
    said: list[Difference] = []
    longest = _minutes(found, ("ELEVATION_DURATION", "ACTIVATION_TIMEOUT"), LONGEST, said)
    pending = _minutes(found, ("APPROVAL_TIMEOUT", "ACTIVATION_REQUEST_TIMEOUT"), PENDING, said)
    pattern, hint = found.text("JUSTIFICATION_PATTERN"), found.text("JUSTIFICATION_HINT")
    if pattern == ".*":
        pattern = ""
    try:
        check_pattern(pattern)
    except CelError as error:
        said.append(_wrong(found.values["JUSTIFICATION_PATTERN"], f"{error}. Any reason would do without it"))
        pattern = ""
    if len(hint) > _HINT or not hint.isprintable():
        said.append(
            _wrong(found.values["JUSTIFICATION_HINT"], f"a hint is one line of at most {_HINT} characters")
        )
        hint = ""
    domain = found.text("PRIMARY_DOMAIN").lower()
    if domain and not DOMAIN.fullmatch(domain):
        said.append(_wrong(found.values["PRIMARY_DOMAIN"], f"{domain!r} is no domain such as example.com"))
        domain = ""
    return Defaults(domain=domain, longest=longest, pending=pending, pattern=pattern, hint=hint), said


def _minutes(found: Deployment, names: tuple[str, ...], usual: int, said: list[Difference]) -> int:
    """The first of these that is set, as there."""
    name = next((name for name in names if found.text(name)), "")
    if not name:
        return usual
    text = found.text(name)
    if _MINUTES.fullmatch(text) and int(text) <= _MOST:
        return int(text)
    said.append(_wrong(found.values[name], f"{text!r} is no number of minutes; {usual} are taken, as without it"))
    return usual


def _moved(found: Deployment) -> Iterator[Difference]:
    """Those that stand elsewhere here, or nowhere: what the start would say, and why."""
    for value in _given(found, REFUSED):
        each = _MOVED[value.name]
        text = f"{each.instead.removesuffix(' instead')}. {each.why}"
        yield Difference(line=value.line, name=value.name, text=text[0].upper() + text[1:])


def _strange(found: Deployment) -> Iterator[Difference]:
    """What is no variable of JIT Access: nobody read it there, and it is left out."""
    for value in found.values.values():
        if value.name in _KEPT or value.name in _MOVED or _OF_THE_PLATFORM.fullmatch(value.name):
            continue
        yield Difference(line=value.line, name=value.name, text="JIT Access has no such variable. It is left out.")
    for value in found.elsewhere:
        text = (
            "The files that it names may set more variables, and are not read. Run this on each of them as well."
        )
        yield Difference(line=value.line, name=value.name, text=text, wrong=True)


def _given(found: Deployment, names: Mapping[str, object]) -> Iterator[Value]:
    """What is set and not blank, in the order of the file."""
    for value in found.values.values():
        if value.name in names and (value.secret or value.text.strip()):
            yield value


def _wrong(value: Value, text: str) -> Difference:
    return Difference(line=value.line, name=value.name, text=f"{text}.", wrong=True)
