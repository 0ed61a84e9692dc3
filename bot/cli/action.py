"""An action as somebody names it on the command line, and what the policy makes of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import click
import msgspec

from bot.cli.ends import unusable

if TYPE_CHECKING:
    from approvals.people.persons import OnBehalf
    from approvals.policy.model import Action, Policy
    from approvals.policy.tools import Tool
    from approvals.targets import Given, ParameterType


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is named beside the action and its person, as it was typed."""

    parameters: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    signed_in: str | None = None
    acr: str = ""
    tool: str = ""
    arguments: str = ""


def action_lines(
    policy: "Policy", action: "Action", asked: Asked, *, person: str, now: datetime
) -> tuple[str, ...]:
    """Say what the policy makes of the action for this person, as the gate would. Ends the program where that
    cannot be asked."""
    from approvals.policy.acting import Wanted  # noqa: PLC0415
    from approvals.policy.explain import explain_action  # noqa: PLC0415
    from approvals.targets import ActionCall  # noqa: PLC0415
    from handlers.wording.explaining import explained_action  # noqa: PLC0415

    call = ActionCall(application=action.application, action=action.id, parameters=_parameters(action, asked))
    wanted = Wanted(call=call, person=_person(policy, action, asked, person=person, now=now), asked=now)
    return explained_action(explain_action(policy, action, wanted, memberships=None, now=now))


def _parameters(action: "Action", asked: Asked) -> "tuple[Given, ...]":
    if action.tool is None:
        if asked.tool or asked.arguments:
            _unusable(f"{action.id} is no action of an agent: name what it is done with by --parameter")
        return tuple(_given(action, asked.parameters))
    from approvals.policy.called import arguments, example, labels_of, typed  # noqa: PLC0415

    if asked.arguments and asked.parameters:
        _unusable("name the arguments by --arguments or by --parameter, and not by both")
    try:
        given = arguments(asked.arguments) if asked.arguments else typed(_given(action, asked.parameters))
    except ValueError as wrong:
        _unusable(f"--arguments: {wrong}")
    return example(_tool(action.tool, asked.tool), labels_of(action.parameters), given)


def _tool(usual: "Tool", typed: str) -> "Tool":
    """The tool that is called; where none is named, some one that the action is for."""
    from approvals.policy.tools import Tool  # noqa: PLC0415

    server, sign, name = typed.partition("/")
    if typed and not (server and sign and name):
        _unusable(f"--tool is SERVER/NAME, such as {usual.server}/{usual.name.replace('*', 'some')}")
    return Tool(server=server, name=name) if typed else usual


def _given(action: "Action", typed: Iterable[str]) -> Iterable["Given"]:
    from approvals.targets import Given  # noqa: PLC0415
    from handlers.wire.values import Misfit  # noqa: PLC0415

    named = _pairs("--parameter", typed)
    for name in named.keys() - {each.name for each in action.parameters}:
        known = ", ".join(each.name for each in action.parameters) or "none"
        _unusable(f"--parameter {name}: {action.id} has the parameters {known}")
    for each in action.parameters:
        if each.name in named:
            value = named[each.name][-1]
            try:
                text = value_of(each.type, value)
            except Misfit as wrong:
                _unusable(f"--parameter {each.name}: {wrong}")
            yield Given(name=each.name, label=each.label, type=each.type, value=text)
        elif each.required:
            example = "'12.50 EUR'" if each.type == "money" else "VALUE"
            _unusable(f"{action.id} needs --parameter {each.name}={example}")


def value_of(kind: "ParameterType", typed: str) -> str:
    """The one text of a value that was typed. Raises `Misfit`. Of an amount the currency stands behind it."""
    from handlers.wire.values import written  # noqa: PLC0415

    if kind != "money":
        return written(kind, typed, salt="")
    amount, _, currency = typed.partition(" ")
    return written(kind, {"amount": amount, "currency": currency}, salt="")


def _person(policy: "Policy", action: "Action", asked: Asked, *, person: str, now: datetime) -> "OnBehalf":
    from approvals.policy.action_cases import brought  # noqa: PLC0415

    return brought(
        policy,
        action.application,
        person,
        claims={name: tuple(values) for name, values in _pairs("--claim", asked.claims).items()},
        acr=asked.acr,
        auth_time=now - _ago(asked.signed_in) if asked.signed_in is not None else None,
    )


def _ago(typed: str) -> timedelta:
    from approvals.policy.words import no_duration  # noqa: PLC0415
    from approvals.times import DurationError, parse_duration  # noqa: PLC0415

    try:
        return parse_duration(typed)
    except DurationError as error:
        _unusable(f"--signed-in: {no_duration(error)}")


def _pairs(option: str, typed: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in typed:
        name, sign, value = each.partition("=")
        if not name or not sign:
            _unusable(f"{option} is NAME=VALUE, and not {each!r}")
        found.setdefault(name, []).append(value)
    return found


def _unusable(text: str) -> NoReturn:
    unusable(click.ClickException(text))
