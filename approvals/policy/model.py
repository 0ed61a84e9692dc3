"""What a policy says, as records. `reading` makes them from YAML; nothing else does outside of tests."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec

from approvals.limits import Limits
from approvals.people.principals import IdentityRules
from approvals.policy.access import Auto, BreakGlass, ChangeRule, DurationRule, ExtendRule, JustificationRule
from approvals.policy.fences import Fences
from approvals.policy.parties import Application, AuthZen, Issuer, Transmitter
from approvals.policy.reminding import AT_ONCE, EmailRule, EscalateRule, RemindRule
from approvals.policy.tickets import Tickets
from approvals.policy.tools import CallWindow, Tool
from approvals.targets import Granted, ParameterType, approval_only, resources


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an approval: `needed` distinct people out of `approvers`, signed where `sign` says so.

    `approvers` holds canonical selectors: `user:a@x`, `group:x` (local), `group:g@x` (directory), `domain:x`.
    With `order` = `any` it need not wait for the stage before it. `not_same` is a group: whoever shares it with
    the requester does not count.
    """

    approvers: tuple[str, ...]
    needed: int = 1
    sign: Literal["", "typed"] = ""
    order: Literal["", "any"] = ""
    not_same: str = ""


def approvers(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Whoever can approve in one of these stages, each named once."""
    return tuple(dict.fromkeys(who for stage in stages for who in stage.approvers))


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """The policy's answer to who must approve. `self` has no stages; `stages` has at least one, in order.

    `allow`: a guardrail of an action lets it through, and nobody is asked. `auto`: a rule of the policy approves.
    `break_glass`: access at once, and a review afterwards. `window`: people approved several calls before.
    `approve_when` (CEL) must hold of whoever approves.
    """

    kind: Literal["self", "stages", "allow", "auto", "break_glass", "window"]
    stages: tuple[Stage, ...] = ()
    approve_when: str = ""

    @property
    def alone(self) -> bool:
        """Somebody gets access without other people."""
        return self.kind in ("self", "auto", "break_glass")


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked for. `guests` is `self` where guests, too, get it without anybody's approval.

    `email`, `remind`, `escalate`, `pending` and `retention` are None, and `channel` is empty, where the policy's
    own hold. Who is `quiet` may approve, and is asked for nothing. `when` (CEL) must hold of the moment at which
    access would begin. Without `extend` access lasts no longer than one request for it may, extended or not.
    `break_glass` is there exactly where the requirement is of that kind.
    """

    id: str
    title: str
    targets: tuple[Granted, ...]
    requesters: tuple[str, ...]
    duration: DurationRule
    justification: JustificationRule
    requirement: Requirement
    guests: Literal["", "self"] = ""
    auto: Auto | None = None
    email: EmailRule | None = None
    remind: RemindRule | None = None
    escalate: EscalateRule | None = None
    quiet: tuple[str, ...] = ()
    extend: ExtendRule | None = None
    when: str = ""
    channel: str = ""
    pending: timedelta | None = None
    break_glass: BreakGlass | None = None
    retention: timedelta | None = None

    @property
    def approval_only(self) -> bool:
        """It grants nothing: the approval is all there is."""
        return approval_only(self.targets)

    @property
    def places(self) -> tuple[str, ...]:
        """Where guardrails look for it: at its resources, if it grants anything, and at `entitlements/ID`."""
        return (*resources(self.targets), f"entitlements/{self.id}")


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """What an action is done with: its name in calls and guardrails, its label for people, its type."""

    name: str
    label: str
    type: ParameterType
    required: bool = True


Then = Literal["refuse", "step_up", "require_approval", "allow"]
"""What a guardrail does. Of several that hold, the one that comes first here wins."""


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """`when` (CEL) holds of the person, the parameters and the moment: then this. `reason` says why, to people.

    A step-up asks for a sign-in of one of the classes `acr`, the best one first, at most `max_age` seconds ago;
    None: however long ago.
    """

    when: str
    then: Then
    reason: str = ""
    acr: tuple[str, ...] = ()
    max_age: int | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A sensitive operation of an application, and what it needs.

    `use_by` is how long an approval can be used. `metadata` is shown with every request. Of an agent it is for
    calls of a `tool`, whose arguments may be named as `parameters`; `agents`: nobody else need be asked.
    """

    id: str
    application: str
    title: str
    parameters: tuple[Parameter, ...]
    requesters: tuple[str, ...]
    requirement: Requirement
    guardrails: tuple[Guardrail, ...] = ()
    risk: str = ""
    pending: timedelta
    use_by: timedelta = timedelta(minutes=10)
    metadata: Mapping[str, str] = {}
    tool: Tool | None = None
    agents: bool = False
    window: CallWindow | None = None
    email: EmailRule | None = None
    remind: RemindRule | None = None
    escalate: EscalateRule | None = None
    quiet: tuple[str, ...] = ()
    retention: timedelta | None = None
    authzen: AuthZen | None = None


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy adds to what IAM offers of these roles at these places (patterns; none: of all).

    Its `stages` come after the peers'. What is None or empty is as the source itself has it.
    """

    roles: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    duration: DurationRule | None = None
    justification: JustificationRule | None = None
    channel: str = ""
    sign: Literal["", "typed"] = ""
    stages: tuple[Stage, ...] = ()


class IamSource(msgspec.Struct, frozen=True, kw_only=True):
    """Eligible bindings of IAM, of `scope` and below, are entitlements. `query` finds projects that are listed.

    The first of `overlays` that fits goes before `usual`, which has a duration.
    """

    scope: str
    query: str
    usual: Overlay
    overlays: tuple[Overlay, ...] = ()


OF_IAM = "iam."
"""How the id of an entitlement begins that IAM offers. No file can write such an id: it has a point."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A whole policy. `digest` is the SHA-256 of the file's bytes, as `sha256:HEX`.

    `pending` is how long a request waits for its decision, `channel` where cards go (empty: direct messages).
    `security_channel` is told loudly of every access in an emergency (empty: only who reviews it is).
    `auditors` selects who may look at every request, `administrators` who may do so, see what applications may ask
    for, and end anybody's access; `tickets` says which words of the reasons are links. `delegates` selects who may
    stand in for an approver who is away. Without `change` every sound file is in force as soon as it is read.
    `retention` is how long typed texts are kept once a request is over (None: for good).
    `absent` are the ids by which IAM was asked a moment ago, and offers nothing.
    """

    digest: str
    timezone: str = "UTC"
    identity: IdentityRules
    groups: Mapping[str, tuple[str, ...]]
    pending: timedelta
    channel: str
    notify: Literal["thread", "direct"] = "thread"
    security_channel: str = ""
    auditors: tuple[str, ...] = ()
    administrators: tuple[str, ...] = ()
    entitlements: Mapping[str, Entitlement]
    issuers: Mapping[str, Issuer] = {}
    applications: Mapping[str, Application] = {}
    actions: Mapping[str, Action] = {}
    signals: Mapping[str, Transmitter] = {}
    limits: Limits = Limits()
    tickets: Tickets | None = None
    email: EmailRule = EmailRule()
    guardrails: Fences = Fences()
    remind: RemindRule = RemindRule()
    escalate: EscalateRule = EscalateRule()
    delegates: tuple[str, ...] = ()
    change: ChangeRule | None = None
    retention: timedelta | None = None
    source: IamSource | None = None
    absent: frozenset[str] = frozenset()

    def unasked(self, name: str) -> bool:
        """Whether something of this id can be asked for is for IAM to say, which has not said it."""
        known = name in self.entitlements or name in self.absent
        return self.source is not None and name.startswith(OF_IAM) and not known

    def named(self, name: str) -> Entitlement | Action | None:
        """What can be asked for by this id, which entitlements and actions share; None where nothing can."""
        return self.entitlements.get(name) or self.actions.get(name)

    @property
    def offered(self) -> tuple[Entitlement | Action, ...]:
        """All that can be asked for, in the file's order: entitlements, then actions."""
        return (*self.entitlements.values(), *self.actions.values())

    def email_for(self, name: str) -> EmailRule:
        """The rule for requests of an entitlement or action, which the policy may not have any more."""
        found = self.named(name)
        rule = self.email if found is None or found.email is None else found.email
        if isinstance(found, Entitlement) and found.break_glass is not None and rule.after is not None:
            # Nobody waits for the chat to fail in an emergency.
            return msgspec.structs.replace(rule, after=AT_ONCE)
        return rule

    def channel_for(self, name: str) -> str:
        """Where the cards of an entitlement or action go; empty for direct messages."""
        found = self.entitlements.get(name)
        return self.channel if found is None else found.channel or self.channel

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that is told anything, each once: cards, emergencies, and that nobody decides."""
        added = (self.source.usual, *self.source.overlays) if self.source is not None else ()
        own = [each.channel for each in self.entitlements.values()] + [each.channel for each in added]
        waits = [each.channel for each in (self.escalate, *(one.escalate for one in self.offered)) if each]
        return tuple(dict.fromkeys(filter(None, (self.channel, *own, *waits, self.security_channel))))

    def pending_for(self, entitlement: Entitlement) -> timedelta:
        """How long a request for it waits for its decision."""
        return entitlement.pending or self.pending

    def longest(self, entitlement: Entitlement) -> timedelta:
        """How long access may last at most, the guardrails included."""
        most = self.guardrails.max_duration
        return entitlement.duration.max if most is None else min(entitlement.duration.max, most)

    def remind_for(self, name: str) -> RemindRule:
        """The rule for reminders about requests of an entitlement or action."""
        found = self.named(name)
        return self.remind if found is None or found.remind is None else found.remind

    def escalate_for(self, name: str) -> EscalateRule:
        """The rule by which others are told of requests of an entitlement or action."""
        found = self.named(name)
        return self.escalate if found is None or found.escalate is None else found.escalate

    def retention_for(self, name: str) -> timedelta | None:
        """How long texts of requests of an entitlement or action are kept, which it may not have any more."""
        found = self.named(name)
        return self.retention if found is None or found.retention is None else found.retention

    @property
    def erases(self) -> bool:
        """Something of what was typed is not kept for good."""
        return any(each.retention is not None for each in (self, *self.offered))

    @cached_property
    def known(self) -> dict[Hashable, Any]:
        """What it came to already, which never changes: see `remembered`."""
        return {}


def deciding_stages(offered: Entitlement | Action) -> tuple[Stage, ...]:
    """Who decides on it by the policy of now, as stages; of an emergency who reviews it afterwards."""
    if isinstance(offered, Entitlement) and offered.break_glass is not None:
        return (Stage(approvers=offered.break_glass.by),)
    return offered.requirement.stages
