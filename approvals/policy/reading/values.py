"""Single values of a policy file, each read strictly."""

import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from approvals.cel import CelError, check_condition, check_pattern
from approvals.people.principals import IdentityRules
from approvals.policy.reading.document import Reader, is_number, meant_by, shown
from approvals.policy.selectors import SelectorError, canonical, local_group
from approvals.policy.words import no_duration
from approvals.times import LONGEST, DurationError, parse_duration

Word = TypeVar("Word", bound=str)

TITLE_LENGTH = 75
"""A title in characters: what an option of a Slack select holds."""

ENTITLEMENT_ID = r"[a-z0-9][a-z0-9-]{0,62}"
PROJECT = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
RESOURCE = rf"projects/{PROJECT}|folders/[1-9][0-9]{{0,19}}|organizations/[1-9][0-9]{{0,19}}"
_CUSTOM_ROLE = rf"(projects/{PROJECT}|organizations/[1-9][0-9]{{0,19}})/roles/[a-zA-Z0-9_.]{{3,64}}"
ROLE = rf"roles/[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)*|{_CUSTOM_ROLE}"
CHANNEL = r"#[^\s!-,./:-@\[-^`{-~]{1,80}|[CG][A-Z0-9]{5,20}"
"""A channel's name, or its id. Of ASCII only letters, digits, `-` and `_`; `channel` looks at other signs."""
TEAM = r"T[A-Z0-9]{2,20}"

NAME = r"[A-Za-z][A-Za-z0-9_]{0,39}"
"""A name that guardrails use, of a parameter or a claim: an identifier of CEL that no flag of ours is."""

RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let"),
        *("loop", "namespace", "null", "package", "return", "true", "var", "void", "while"),
    )
)
"""Words that no identifier of CEL may be (CEL specification, "Syntax")."""

BASIC_ROLES = {"roles/owner": "roles/admin", "roles/editor": "roles/writer", "roles/viewer": "roles/reader"}
"""IAM refuses conditions on the legacy basic roles (IAM, "Overview of IAM Conditions"), not on the newer ones."""


def text(reader: Reader, node: yaml.Node, what: str, *, longest: int) -> str | None:
    """Read one line for people, free of control, invisible and direction-changing characters."""
    value = reader.string(node, what)
    if value is None:
        return None
    if not 1 <= len(value.strip()) <= longest:
        reader.refuse(node, "bad-text", f"{what} must have 1 to {longest} characters")
        return None
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for letter in value):
        reader.refuse(node, "bad-text", f"{what} may not have control or invisible characters")
        return None
    return value.strip()


def either(reader: Reader, node: yaml.Node | None, what: str, words: tuple[Word, Word], *, usual: Word) -> Word:
    """Read one of two words: the usual one where the file says nothing, or something else."""
    value = reader.string(node, what) if node is not None else usual
    if node is not None and value is not None and value not in words:
        reader.refuse(node, "bad-value", f"{what} is {words[0]} or {words[1]}")
    return next((word for word in words if word == value), usual)


def channel(reader: Reader, node: yaml.Node) -> str | None:
    """Read a channel: an id, or a name in the letters of any script, composed as Slack writes them."""
    value = reader.string(node, "channel")
    if value is None:
        return None
    name = unicodedata.normalize("NFC", value)
    if re.fullmatch(CHANNEL, name) and all(c in "#-_" or unicodedata.category(c)[0] in "LMN" for c in name):
        return name
    reader.refuse(node, "bad-channel", f"{shown(value)} is no channel; write #name in quotes, or a channel's id")
    return None


def shaped(reader: Reader, node: yaml.Node, what: str, *, pattern: str, code: str, hint: str) -> str | None:
    """Read a text of a fixed shape."""
    value = reader.string(node, what)
    if value is None or re.fullmatch(pattern, value):
        return value
    reader.refuse(node, code, f"{shown(value)} is no {what}; write {hint}")
    return None


def each_text(
    reader: Reader, node: yaml.Node, what: str, *, pattern: str, code: str, hint: str
) -> tuple[str, ...]:
    """Read a list of texts of a fixed shape that is not empty; nothing where any of it is wrong."""
    nodes = reader.items(node, what)
    if nodes == []:
        reader.refuse(node, "empty-list", f"{what} is empty: leave it out, or name one")
    found = [shaped(reader, item, what, pattern=pattern, code=code, hint=hint) for item in nodes or ()]
    return () if None in found else tuple(dict.fromkeys(value for value in found if value is not None))


def name_of(reader: Reader, node: yaml.Node, what: str) -> str | None:
    """Read a name that guardrails use: an identifier of CEL."""
    value = reader.string(node, f"the name of a {what}")
    if value is None:
        return None
    if not re.fullmatch(NAME, value):
        hint = "letters, digits and _, at most 40, with a letter first"
        reader.refuse(node, "bad-name", f"{shown(value)} is no name for a {what}; write {hint}")
        return None
    if value in RESERVED:
        reader.refuse(node, "bad-name", f"{shown(value)} is a word of CEL's own: name the {what} otherwise")
        return None
    return value


def duration(reader: Reader, node: yaml.Node, what: str, *, longest: timedelta = LONGEST) -> timedelta | None:
    """Read a duration with a unit."""
    if is_number(node):
        reader.refuse(node, "bad-duration", f"{what} needs a unit: write for example 90m, 1h30m or 2 hours")
        return None
    value = reader.string(node, what)
    if value is None:
        return None
    try:
        return parse_duration(value, longest=longest)
    except DurationError as error:
        reader.refuse(node, "bad-duration", no_duration(error))
        return None


def timezone(reader: Reader, node: yaml.Node) -> str | None:
    """Read the name of an IANA time zone."""
    value = reader.string(node, "timezone")
    if value is None:
        return None
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.refuse(
            node, "bad-timezone", f"{shown(value)} is no IANA time zone; write for example Europe/Berlin"
        )
        return None


def selectors(
    reader: Reader, node: yaml.Node, what: str, *, identity: IdentityRules, groups: Collection[str] | None
) -> tuple[str, ...] | None:
    """Read a list of selectors. `groups` names the local groups that may be used; None: none at all may."""
    nodes = reader.items(node, what)
    if nodes is None:
        return None
    found = [selector(reader, item, f"an entry of {what}", identity=identity, groups=groups) for item in nodes]
    good = tuple(dict.fromkeys(selector for selector in found if selector is not None))
    return good if len([s for s in found if s is not None]) == len(nodes) else None


def selector(
    reader: Reader, node: yaml.Node, what: str, *, identity: IdentityRules, groups: Collection[str] | None
) -> str | None:
    """Read one selector. `groups` as in `selectors`."""
    value = reader.string(node, what)
    if value is None:
        return None
    try:
        selector = canonical(value, identity)
    except SelectorError as error:
        meant = f"did you mean group:{value.lower()}?" if value.lower() in (groups or ()) else str(error)
        reader.refuse(node, error.code, f"{shown(value)}: {meant}")
        return None
    name = local_group(selector)
    if name and groups is None:
        reader.refuse(
            node, "nested-group", f"{shown(value)}: a local group holds people and directory groups only"
        )
        return None
    if name and groups is not None and name not in groups:
        hint = meant_by(name, groups) if groups else "the policy has no groups"
        reader.refuse(node, "unknown-group", f"there is no local group {shown(name)}; {hint}")
        return None
    return selector


def role(reader: Reader, node: yaml.Node, *, resource: str) -> str | None:
    """Read a role that can be granted on the resource with a condition."""
    hint = "roles/SERVICE.NAME, projects/ID/roles/NAME or organizations/NUMBER/roles/NAME"
    value = shaped(reader, node, "role", pattern=ROLE, code="bad-role", hint=hint)
    if value is None:
        return None
    if value in BASIC_ROLES:
        better = BASIC_ROLES[value]
        text = f"{value} cannot be granted for a time, IAM refuses conditions on it; write {better}"
        reader.refuse(node, "basic-role", text)
        return None
    home = value.partition("/roles/")[0]
    if value.startswith("projects/") and resource and home != resource:
        reader.refuse(node, "bad-role", f"a custom role of {home} can be granted on {home} only")
        return None
    return value


def condition(reader: Reader, node: yaml.Node) -> str | None:
    """Read a resource condition in CEL that IAM will accept."""
    value = reader.string(node, "condition")
    if value is None:
        return None
    stripped = value.strip()
    try:
        check_condition(stripped)
    except CelError as error:
        where = f"at its column {error.col}: " if error.col else ""
        reader.refuse(node, "bad-cel", f"{where}{error}", ahead=ahead(node, stripped, error.col))
        return None
    return stripped


def ahead(node: yaml.Node, value: str, col: int) -> int:
    """How far into the node the column lies, where the file holds the value as it is on one line."""
    one_line = node.start_mark.line == node.end_mark.line
    quoted = node.end_mark.column - node.start_mark.column - len(value)
    return col - 1 + quoted // 2 if col and one_line and quoted in {0, 2} else 0


def pattern(reader: Reader, node: yaml.Node) -> str | None:
    """Read a pattern in RE2's syntax."""
    value = reader.string(node, "pattern")
    if value is None:
        return None
    try:
        check_pattern(value)
    except CelError as error:
        reader.refuse(node, "bad-pattern", str(error))
        return None
    return value
