"""What must be true of the records, the IAM policies and the messages, whatever was killed when."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from approvals.access.bindings import TITLE
from approvals.grants import BUNDLE, LIVE, Grant, Window
from approvals.reconcile.posts import Post
from approvals.refusals.reasons import Reason
from approvals.requests import Request, given
from approvals.terms.records import Terms
from chaos.records import Job, Records
from chaos.teams import Flat
from countersign_client.chain import ChainError, Entry, verify
from handlers.wording.standing import standing
from sandbox.google.conditions import holds
from sandbox.slack.records import Message
from sandbox.slack.workspace import Slack

FINAL = frozenset({"request.approved", "request.denied", "request.withdrawn", "request.expired"})
PARTS = frozenset({"grant.active", "grant.removed", "grant.ended", "grant.revoked", "grant.failed"})
"""What is told once of each part of a request at the most."""

DECIDING = frozenset({"approve", "sign", "deny"})
_SECOND = timedelta(seconds=1)


def chain(records: Records, name: str) -> Iterator[str]:
    """The chain is whole, and tells of one decision and one grant at most."""
    entries, head = records.chain(name)
    try:
        verify(entries, request=name, head=head)
    except ChainError as error:
        yield str(error)
    if name:
        told = Counter(entry.action for entry in entries)
        request = records.request(name)
        most = {"request.approved": 1} | dict.fromkeys(PARTS, len(request.terms.targets))
        yield from (f"{name} tells {each} {told[each]} times" for each in most if told[each] > most[each])
        if sum(told[action] for action in FINAL) > 1:
            yield f"{name} was decided more than once: {dict(told)}"
        yield from _window(name, entries, request)


def _window(name: str, entries: Sequence[Entry], request: Request) -> Iterator[str]:
    """The stored window is the one that the approval put on record, as long as was asked."""
    approved = next((entry for entry in entries if entry.action == "request.approved"), None)
    if (approved is None) != (request.grant is None):
        yield f"{name} has a grant without an approval on record, or the other way round"
    elif approved is not None and request.grant is not None:
        window = request.grant.window
        on_record = tuple(datetime.fromisoformat(approved.detail[name]) for name in ("start", "end"))
        if (window.start, window.end) != on_record or window.end != _over(window, request.terms):
            yield f"{name} has the window {window}, approved was {on_record}"


def _over(window: Window, terms: Terms) -> datetime:
    """The end of what was asked: counted from its beginning, or from the end of what it goes on with."""
    since = terms.start if terms.extends and terms.start is not None else window.start
    return since + terms.duration


def bundle(request: Request) -> Iterator[str]:
    """All of a bundle lives or none of it; what could not be had, or was taken out, took the rest with it."""
    grants = request.grants
    told = f"the parts of {request.id} are {[(grant.state, str(grant.cause)) for grant in grants]}"
    if len({grant.state in LIVE for grant in grants}) > 1 or len({grant.window for grant in grants}) > 1:
        yield told
    culprits = [grant for grant in grants if _brings_down(grant)]
    along = [grant for grant in grants if (grant.state, grant.cause) == ("revoked", BUNDLE)]
    if (culprits or along) and (len(culprits), len(along)) != (1, len(grants) - 1):
        yield told
    if request.terms.entitlement.startswith("doomed") and "active" in {grant.state for grant in grants[1:]}:
        yield f"{told}, though Google knows no such role"


def _brings_down(grant: Grant) -> bool:
    late = isinstance(grant.cause, Reason) and grant.cause.code == "grant.late"
    return (grant.state == "failed" and not late) or (grant.state, grant.cause) == ("revoked", "outside")


def access(records: Records, binding: Flat, *, at: datetime) -> Iterator[str]:
    """A binding of ours gives access only inside windows of that person, role and resource that have begun."""
    resource, role, member, _, description, expression = binding
    person = member.removeprefix("user:")
    grants = [
        (request, grant)
        for request in records.of(resource=resource, person=person)
        for target, grant in given(request)
        if target.resource == resource and role in target.roles
    ]
    # What has not begun gives nothing yet, and what was closed before never did.
    windows = [grant.window for _, grant in grants if grant.begun and grant.state != "scheduled"]
    for moment in _moments(windows, at):
        inside = any(window.start <= moment < window.end for window in windows)
        if not inside and holds(expression, at=moment, resource={}):
            yield f"{role} for {member} on {resource} holds at {moment}, outside {windows} ({description})"
    if all(gone(grant) for _, grant in grants):
        yield f"{role} for {member} on {resource} stands although its removal is on record ({description})"


def gone(grant: Grant) -> bool:
    """It is over, and seen to be gone."""
    return grant.state not in LIVE and grant.removed


def _moments(windows: Iterable[Window], at: datetime) -> set[datetime]:
    edges = {edge for window in windows for edge in (window.start, window.end)}
    return {moment for edge in edges for moment in (edge - _SECOND, edge, edge + _SECOND)} | {at}


def is_ours(binding: Flat, instance: str) -> bool:
    return binding[3] == TITLE and f"countersign:{instance}/" in binding[4]


_REDRAWN = frozenset({"card", "status"})
"""The kinds of messages that show the newest state; steps and calls to whose turn it is are said once."""


def drawn(slack: Slack, request: Request, job: Job, *, generation: str) -> Iterator[str]:
    """Every message that is recorded as drawn shows the request as it stands."""
    for key, post in job.posts.posts.items():
        if post.posted is None or key.startswith("letter:"):
            continue
        message = slack.state.kept.get((post.posted.place, post.posted.ts))
        if message is None:
            yield f"{key} of {request.id} is on record and not in the workspace"
        elif post.next is None and _current(post, request, generation):
            yield from _true(message, request, key)


def _true(message: Message, request: Request, key: str) -> Iterator[str]:
    kind, now, shown = key.partition(":")[0], standing(request), buttons(message)
    # What waits is headed by what is missing, which the evidence of that moment said.
    words = now.symbol if request.state == "pending" else now.words
    if words not in _texts(message):
        yield f"{key} of {request.id} does not say “{words}”"
    if kind == "card" and bool(shown & DECIDING) != (request.state == "pending"):
        yield f"{key} of {request.id} is {request.state} and offers {sorted(shown)}"
    if kind == "status" and ("withdraw" in shown) != (request.state == "pending"):
        yield f"{key} of {request.id} is {request.state} and offers {sorted(shown)}"
    live = request.grant is not None and request.grant.state in LIVE
    if _ends(message, request) != live:
        yield f"{key} of {request.id} offers {sorted(shown)} while its access is {'' if live else 'not '}there"


def _ends(message: Message, request: Request) -> bool:
    """The message can end this request's access; what has ended may offer to end what keeps it, too."""
    return any(each["action_id"] == "end" and each["value"] == request.id for _, each in message.elements())


def undrawn(request: Request, job: Job, *, generation: str) -> Iterator[str]:
    """Messages that ought to show the newest state and are not recorded as doing so."""
    posts = {key: post for key, post in job.posts.posts.items() if key.partition(":")[0] in _REDRAWN}
    # What ended without access before its first post is not posted any more.
    wanted = request.state in {"pending", "approved"}
    for key in {"card", "status"} - posts.keys() if wanted else ():
        yield f"{key} of {request.id} was never posted"
    for key, post in posts.items():
        if not wanted and post.posted is None and not post.begun:
            continue
        if not _current(post, request, generation):
            yield f"{key} of {request.id} shows version {post.drawn}, not {request.version}"


def _current(post: Post, request: Request, generation: str) -> bool:
    return post.drawn.startswith(f"{request.version}.{generation}")


def orphans(slack: Slack, jobs: Iterable[Job]) -> tuple[int, list[str]]:
    """Count the app's messages that no record knows, and name those that have a button.

    A way to the page is none: what it leads to is the request as it stands, and there somebody signs in.
    """
    known = {(p.posted.place, p.posted.ts) for job in jobs for p in job.posts.posts.values() if p.posted}
    with slack.state.lock:
        strays = [m for at, m in slack.state.kept.items() if m.app_id and not m.to and at not in known]
    armed = [m for m in strays if buttons(m) - {"page"}]
    return len(strays), [f"the orphan {m.ts} offers {sorted(buttons(m))}" for m in armed]


def buttons(message: Message) -> set[str]:
    return {element["action_id"] for _, element in message.elements()}


def _texts(message: Message) -> str:
    return str(message.blocks)


def now() -> datetime:
    return datetime.now(UTC)
