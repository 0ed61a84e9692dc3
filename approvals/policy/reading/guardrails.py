"""The guardrails of an action, each compiled: one that cannot work is named before anybody asks."""

from collections.abc import Collection, Mapping, Sequence
from typing import get_args

import msgspec
import yaml

from approvals.cel import CelError
from approvals.nearest import nearest
from approvals.policy.guardrails import SUBJECT, Compiled, compiled
from approvals.policy.model import Guardrail, Parameter, Then
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import GUARDRAIL
from approvals.policy.reading.values import ahead, each_text, text
from approvals.policy.trying import require_answerable

MOST_GUARDRAILS = 50
REASON_LENGTH = 200
THEN: tuple[Then, ...] = get_args(Then)

CLASS = r"[!-~]{1,200}"
"""A class of sign-in, as issuers name them (OpenID Connect, `acr`)."""

OLDEST = 24 * 60 * 60
"""Seconds that a sign-in may be old, at most."""


class WrittenGuardrail(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail that could be read, and where it stands."""

    guardrail: Guardrail
    compiled: Compiled
    node: yaml.Node


def guardrails(
    reader: Reader, node: yaml.Node, *, parameters: Sequence[Parameter], claims: Collection[str] | None
) -> tuple[WrittenGuardrail, ...]:
    """Read all guardrails of an action, in their order. `claims` are those that may be looked at; None: any."""
    items = reader.items(node, "guardrails") or []
    for item in items[MOST_GUARDRAILS:][:1]:
        reader.refuse(item, "too-many", f"an action has at most {MOST_GUARDRAILS} guardrails")
    read = (_guardrail(reader, item, tuple(parameters), claims) for item in items)
    return tuple(each for each in read if each is not None)


def _guardrail(
    reader: Reader, node: yaml.Node, parameters: tuple[Parameter, ...], claims: Collection[str] | None
) -> WrittenGuardrail | None:
    fields = reader.mapping(node, "a guardrail", GUARDRAIL)
    if fields is None:
        return None
    complete = reader.required(node, fields, "a guardrail", *GUARDRAIL.required)
    then = _then(reader, fields["then"]) if "then" in fields else None
    when, found = _when(reader, fields["when"], parameters, claims) if "when" in fields else ("", None)
    why = text(reader, fields["reason"], "reason", longest=REASON_LENGTH) if "reason" in fields else ""
    acr, max_age = _sign_in(reader, node, fields, then)
    if not complete or then is None or found is None or why is None:
        return None
    guardrail = Guardrail(when=when, then=then, reason=why, acr=acr, max_age=max_age)
    return WrittenGuardrail(guardrail=guardrail, compiled=found, node=node)


def _then(reader: Reader, node: yaml.Node) -> Then | None:
    value = reader.string(node, "then")
    found = next((each for each in THEN if each == value), None)
    if value is not None and found is None:
        reader.refuse(node, "bad-value", f"then is no {shown(value)}; {meant_by(value, THEN)}")
    return found


def _when(
    reader: Reader, node: yaml.Node, parameters: tuple[Parameter, ...], claims: Collection[str] | None
) -> tuple[str, Compiled | None]:
    written = reader.string(node, "when")
    if written is None:
        return "", None
    value = written.strip()
    try:
        found = compiled(value, parameters)
        _require_known(found, claims)
        require_answerable(value, found)
    except CelError as error:
        where = f"at its column {error.col}: " if error.col else ""
        reader.refuse(node, "bad-guardrail", f"{where}{error}", ahead=ahead(node, value, error.col))
        return value, None
    return value, found


def _require_known(found: Compiled, claims: Collection[str] | None) -> None:
    for each in found.claims:
        if claims is None or each.name in claims or each.name in SUBJECT:
            continue
        near = nearest(each.name, [*claims, *SUBJECT])
        meant = f"did you mean subject.{near}?" if near else "issuers say their claims under “claims”"
        text = f"no issuer whose tokens this application may bring has a claim {each.name}; {meant}"
        raise CelError(text, col=each.col)


def _sign_in(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], then: Then | None
) -> tuple[tuple[str, ...], int | None]:
    """What a step-up asks for."""
    given = [key for key in ("acr", "max_age") if key in fields]
    if then != "step_up":
        for key in given if then is not None else ():
            reader.refuse(fields[key], "bad-step-up", f"{key} is for then: step_up")
    elif not given:
        text = "a step_up asks for something: write acr, the classes of sign-in, or max_age, in seconds, or both"
        reader.refuse(node, "bad-step-up", text)
    acr = (
        each_text(reader, fields["acr"], "acr", pattern=CLASS, code="bad-step-up", hint="a class such as phr")
        if "acr" in fields
        else ()
    )
    return acr, _age(reader, fields.get("max_age"))


def _age(reader: Reader, node: yaml.Node | None) -> int | None:
    value = reader.integer(node, "max_age") if node is not None else None
    if node is not None and value is not None and not 1 <= value <= OLDEST:
        reader.refuse(node, "bad-step-up", f"max_age is from 1 to {OLDEST} seconds, so at most a day")
    return value
