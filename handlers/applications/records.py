"""What applications are answered, member by member. New members may come; none goes or changes its meaning."""

from typing import Literal

import msgspec

from approvals.targets import ParameterType

State = Literal["pending", "approved", "denied", "withdrawn", "expired", "used", "lapsed"]


class KnownParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of an action: its name in calls, what people read, and how its value is written."""

    name: str
    label: str
    type: ParameterType
    required: bool


class KnownTool(msgspec.Struct, frozen=True, kw_only=True):
    """Tools of an agent that an action is for: a star in `name` stands for anything."""

    server: str
    name: str


class KnownWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever approves one call may approve in its place: so many calls of its tool, for so many seconds."""

    seconds: int = msgspec.field(name="for")
    uses: int


class KnownAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action of the caller's. `pending` is the time to decide it, `use_by` that to use it, in seconds.

    Of an agent it is for calls of a `tool`, whose arguments may be named as `parameters`, maybe with a `window`.
    """

    id: str
    title: str
    type: Literal["approve", "sign_and_approve"]
    parameters: tuple[KnownParameter, ...]
    risk: str
    pending: int
    use_by: int
    tool: KnownTool | None
    window: KnownWindow | None


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """All actions that the caller may ask for."""

    items: tuple[KnownAction, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter as people read it."""

    name: str
    label: str
    type: ParameterType
    text: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """For whom it was asked, and how that is proven."""

    principal: str
    proven: Literal["token", "iap", "asserted"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The decision. `by` is empty where time or the policy decided; `reason` says why in words."""

    outcome: str
    at: str
    by: tuple[str, ...]
    reason: str
    comment: str


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """The window that the approval of a call opened: `uses` in all, and how many are `left` before `until`."""

    until: str
    uses: int
    left: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The request whose window a call was taken from, as its `number`-th call."""

    request: str
    number: int


class ActionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for one use of an action. `page` is where people see it, empty where there are no pages.

    `approval` says who approves: people, nobody, because the policy allows it, whoever it is for (`self`), or
    whoever approved several calls at once (`window`): `within` says whose. `window` is what its own opened.
    `needs` says in words what it waits for, and `shown` are the lines, label and text, that people decide by. Once
    texts are `erased`, what it was done with is there no more. `agent`: an agent asked for a call of a tool.
    """

    id: str
    url: str
    page: str
    revision: int
    digest: str
    version: int
    state: State
    approval: Literal["people", "allow", "self", "window"]
    action: str
    title: str
    application: str
    agent: bool
    parameters: tuple[Shown, ...]
    on_behalf_of: Person
    filed: str
    expires: str
    use_by: str | None
    decision: Outcome | None
    needs: str
    shown: tuple[tuple[str, str], ...]
    window: Opened | None
    within: Taken | None
    erased: str | None


class Filed(ActionRequest, frozen=True, kw_only=True):
    """A request as it was filed. Where the same call has used it, `receipt` is there, as consuming answers it."""

    receipt: str | msgspec.UnsetType | None = msgspec.UNSET


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Some requests, the newest first. `next` is the cursor for what follows; None: that is all."""

    items: tuple[ActionRequest, ...]
    next: str | None


class Consumed(msgspec.Struct, frozen=True, kw_only=True):
    """What was used, for good, and the receipt of it (JWS); None where this service signs none."""

    request: ActionRequest
    receipt: str | None
