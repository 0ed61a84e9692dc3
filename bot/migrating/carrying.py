"""What the variables of a deployment come to here: settings, what the policy file says, and the differences."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from approvals.cel import CelError, check_pattern
from approvals.policy.selectors import DOMAIN
from bot.jit_access import REFUSED, TABLE, Kept, Moved
from bot.migrating.deployment import Deployment, Value
from bot.variables import TOPIC, VARIABLES, unquoted
from handlers.settings import Secret

LONGEST, PENDING = 120, 60
"""ACTIVATION_TIMEOUT and ACTIVATION_REQUEST_TIMEOUT where they are not set, in minutes."""

_MINUTES = re.compile(r"[1-9][0-9]{0,5}")
_SCOPE = re.compile(r"projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|(?:folders|organizations)/[1-9][0-9]{0,19}")
_MOST = 366 * 24 * 60
_HINT = 150
_SETTINGS: Final = {variable.name: variable for variable in VARIABLES}
_KEPT: Final = {each.name: each for each in TABLE if isinstance(each, Kept)}
_MOVED: Final = {each.name: each for each in TABLE if isinstance(each, Moved)}
_OF_THE_POLICY: Final = dict.fromkeys(
    (
        "RESOURCE_SCOPE",
        "PRIMARY_DOMAIN",
        "ELEVATION_DURATION",
        "ACTIVATION_TIMEOUT",
        "APPROVAL_TIMEOUT",
        "ACTIVATION_REQUEST_TIMEOUT",
        "JUSTIFICATION_PATTERN",
        "JUSTIFICATION_HINT",
    )
)
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

    `scope` is what RESOURCE_SCOPE says, or its own project where that is not set, as there. None where neither is
    known. `catalog` is RESOURCE_CATALOG; without one JIT Access asks the Policy Analyzer. `query` finds projects
    that are listed there.
    """

    settings: tuple[str, ...]
    secrets: tuple[str, ...]
    missing: tuple[str, ...]
    defaults: Defaults
    scope: str | None
    catalog: str
    query: str
    differences: tuple[Difference, ...]


def carried(found: Deployment) -> Carried:
    """Translate a deployment. Nothing that is set is left out without a word."""
    settings, secrets, differences = _settings(found)
    defaults, more = _defaults(found)
    scope = _scope(found, more)
    said = [*differences, *more, *_unread(found), *_moved(found), *_strange(found)]
    return Carried(
        settings=tuple(settings),
        secrets=tuple(secrets),
        missing=tuple(_missing(found)),
        defaults=defaults,
        scope=scope,
        catalog=found.text("RESOURCE_CATALOG"),
        query=found.text("AVAILABLE_PROJECTS_QUERY"),
        differences=tuple(sorted(said, key=lambda each: each.line)),
    )


def _scope(found: Deployment, said: list[Difference]) -> str | None:
    """What bounds the bindings that count. Without it JIT Access has the project that it runs in."""
    scope, project = found.text("RESOURCE_SCOPE"), found.text("GOOGLE_CLOUD_PROJECT")
    given = found.values.get("RESOURCE_SCOPE")
    if given is not None and given.secret:
        return None
    if not scope:
        own = f"projects/{project}"
        return own if _SCOPE.fullmatch(own) else None
    if _SCOPE.fullmatch(scope):
        return scope
    said.append(
        _wrong(
            found.values["RESOURCE_SCOPE"], "it is none of projects/ID, folders/NUMBER and organizations/NUMBER"
        )
    )
    return None


def _unread(found: Deployment) -> Iterator[Difference]:
    """What the policy file would say, and a secret holds: without a word it would be as if it were not set."""
    for value in _given(found, _OF_THE_POLICY):
        if value.secret:
            yield _wrong(value, "it comes out of a secret, which is not read here. Write its value into the file")


def _settings(found: Deployment) -> tuple[list[str], list[str], list[Difference]]:
    """Those that are settings here as well. A secret is named, and never printed."""
    lines, secrets, said = [], [], []
    for value in _given(found, _KEPT):
        differs = _KEPT[value.name].differs
        if value.name == "NOTIFICATION_TOPIC" and _bare_topic(found):
            said.append(Difference(line=value.line, name=value.name, text=differs))
            continue
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
    read = variable.parse(text if variable.quotes else unquoted(text))
    if not text.isprintable():
        # An environment file has a line for each setting. On one line a comment of CEL would reach to its end.
        raise ValueError("it has a line break or another sign that does not print. Write it on one line")
    return read


def _bare_topic(found: Deployment) -> str:
    """The topic where it is named as JIT Access documents it: without the project, which is its own there."""
    text = found.text("NOTIFICATION_TOPIC")
    return text if re.fullmatch(TOPIC, text) else ""


def _missing(found: Deployment) -> Iterator[str]:
    """What has to be set by hand, as lines to fill in."""
    yield "# SLACK_BOT_TOKEN=xoxb-…"
    yield "# SLACK_SIGNING_SECRET=…"
    yield "# COUNTERSIGN_PAGES_URL=https://HOST"
    yield "# COUNTERSIGN_LOG_ACTIVATIONS=1"
    yield "#   (that one where saved queries of the log are to go on working)"
    if topic := _bare_topic(found):
        yield f"# NOTIFICATION_TOPIC=projects/PROJECT/topics/{topic}"
        yield "#   (PROJECT is the one that JIT Access runs in: its topic is there)"
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
