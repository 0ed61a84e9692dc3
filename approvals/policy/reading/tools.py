"""What the actions of agents have beside all others: the calls of tools that they are for."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

import msgspec
import yaml

from approvals.policy.calling import UNLABELLED
from approvals.policy.model import Guardrail, Parameter, Requirement
from approvals.policy.parties import Application
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import TOOL, WINDOW
from approvals.policy.reading.values import duration, shaped
from approvals.policy.tools import CallWindow, Tool
from approvals.targets import ASKED_BY, ParameterType
from approvals.times import in_words
from countersign_client.tools import SERVER_NAME

PATTERN = r"[!-~]{1,128}"
OF_ARGUMENTS: tuple[ParameterType, ...] = ("string", "number", "time")
"""What an argument can be to a guardrail. JSON has no amounts with a currency, and an agent no secrets."""


LONGEST = timedelta(days=7)
"""How long a call may wait at most: a repeat finds it for so long, and nothing of it is to outlive its texts."""


LONGEST_WINDOW = timedelta(hours=8)
"""How long one approval may last for several calls: a day's work, which whoever approves can still oversee."""

LEAST_USES, MOST_USES = 2, 1_000


class WrittenTool(msgspec.Struct, frozen=True, kw_only=True):
    """Which tools an action is for, and whether nobody else need be asked; `node` is where that stands."""

    tool: Tool | None = None
    agents: bool = False
    window: CallWindow | None = None
    node: yaml.Node | None = None


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern of an application's that was read: its action, and the line."""

    application: str
    action: str
    tool: Tool
    line: int


def tool(
    reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node], application: Application | None
) -> WrittenTool:
    """Read `tool` and `agents`. `application` is None where it could not be read."""
    agents = "agents" in fields and reader.boolean(fields["agents"], "agents") is True
    if application is not None and not application.agent:
        for key in ("tool", "agents", "window"):
            if key in fields:
                text = (
                    f"{key} is for actions of agents, and {shown(application.id)} is none: write agent: true there"
                )
                reader.refuse(fields[key], "not-an-agent", text)
    if application is not None and application.agent and "tool" not in fields:
        reader.refuse(node, "missing-key", "an action of an agent needs “tool”: the calls that it is for")
    if "tool" not in fields:
        return WrittenTool(agents=agents)
    if "authzen" in fields:
        reader.refuse(fields["authzen"], "bad-tool", "authzen asks with parameters, and not for calls of a tool")
    found, several = _tool(reader, fields["tool"]), _window(reader, fields)
    return WrittenTool(tool=found, agents=agents, window=several, node=fields["tool"])


def _window(reader: Reader, fields: Mapping[str, yaml.Node]) -> CallWindow | None:
    """Read how many calls one approval may be for, and for how long, where somebody is asked at all."""
    if "window" not in fields:
        return None
    node, approval = fields["window"], fields.get("approval")
    if isinstance(approval, yaml.ScalarNode) and approval.value == "auto":
        reader.refuse(node, "bad-window", "auto asks nobody, so that nobody could approve several calls")
    return counted(reader, node, "a window")


def counted(reader: Reader, node: yaml.Node, what: str) -> CallWindow | None:
    """Read so many calls in such a time. `what` is what they are called where that is wrong."""
    found = reader.mapping(node, what, WINDOW)
    if found is None or not reader.required(node, found, what, *WINDOW.required):
        return None
    lasts = duration(reader, found["for"], "for")
    uses = reader.integer(found["uses"], "uses")
    if lasts is not None and lasts > LONGEST_WINDOW:
        reader.refuse(found["for"], "bad-window", f"a window lasts for {in_words(LONGEST_WINDOW)} at most")
    if uses is not None and not LEAST_USES <= uses <= MOST_USES:
        fits = f"uses is a number from {LEAST_USES} to {MOST_USES:,}: one call is what every approval is for"
        reader.refuse(found["uses"], "bad-window", fits)
    return CallWindow(lasts=lasts, uses=uses) if lasts is not None and uses is not None else None


def _tool(reader: Reader, node: yaml.Node) -> Tool | None:
    found = reader.mapping(node, "a tool", TOOL)
    if found is None or not reader.required(node, found, "a tool", *TOOL.required):
        return None
    hint = "letters, digits and ._- without a star, at most 64"
    server = shaped(reader, found["server"], "server", pattern=SERVER_NAME, code="bad-tool", hint=hint)
    hint = "its name, in which * stands for anything, at most 128 characters without blanks"
    name = shaped(reader, found["name"], "name of a tool", pattern=PATTERN, code="bad-tool", hint=hint)
    return None if server is None or name is None else Tool(server=server, name=name)


def note_shared(
    reader: Reader, written: WrittenTool, spoken: list[Spoken], *, application: str, action: str
) -> None:
    """Refuse a pattern that a tool fits which fits another action of this application already."""
    found, node = written.tool, written.node
    if found is None or node is None:
        return
    for other in spoken:
        if other.application == application and other.tool.meets(found):
            text = (
                f"a tool can fit both this and the pattern of {shown(other.action)} on line {other.line}:"
                " nobody could say which of them counts"
            )
            reader.refuse(node, "shared-tool", text)
    line = node.start_mark.line + 1
    spoken.append(Spoken(application=application, action=action, tool=found, line=line))


def require_arguments(reader: Reader, fields: Mapping[str, yaml.Node], parameters: Iterable[Parameter]) -> None:
    """Refuse what no argument of a tool can be, and labels that others have."""
    for each in parameters:
        if each.type not in OF_ARGUMENTS:
            text = f"{each.name}: an argument of a tool is no {each.type}, but one of {', '.join(OF_ARGUMENTS)}"
            reader.refuse(fields["show"], "bad-argument", text)
        if each.label.startswith(UNLABELLED):
            text = f"{shown(each.label)} reads like an argument without a label: begin it with another word"
            reader.refuse(fields["show"], "bad-argument", text)


def require_soon(reader: Reader, node: yaml.Node, pending: timedelta) -> None:
    """Refuse a call that would wait for longer than anybody's agent does."""
    if pending > LONGEST:
        reader.refuse(
            node, "bad-duration", f"an agent's call waits for {in_words(LONGEST)} at most: write pending"
        )


def require_agents(reader: Reader, rules: Iterable[tuple[Guardrail, yaml.Node]]) -> None:
    """Refuse guardrails by which an agent would do something that no person has seen, unless that is meant."""
    for rule, where in rules:
        if rule.then == "allow":
            text = (
                "this lets an agent do it and asks no person: write agents: true on the action where that is meant"
            )
            reader.refuse(where, "agents-alone", text)


def alone(reader: Reader, node: yaml.Node, value: str, *, agents: bool) -> Requirement | None:
    """The approval of an agent's action that is one word."""
    if value == "self":
        return Requirement(kind="self")
    if not agents:
        text = (
            "auto lets an agent do this and asks no person: write agents: true on the action where that is meant"
        )
        reader.refuse(node, "agents-alone", text)
        return None
    return Requirement(kind="allow")


def require_free(reader: Reader, node: yaml.Node, names: Collection[str]) -> None:
    """Refuse metadata that would read as if an agent had asked."""
    if ASKED_BY in names:
        reader.refuse(node, "taken-name", f"{shown(ASKED_BY)} says that an agent has asked: choose another name")
