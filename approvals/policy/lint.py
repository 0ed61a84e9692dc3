"""Everything that is wrong or doubtful in a policy file."""

from collections.abc import Callable, Iterator

import yaml

from approvals.policy.doubts import of_action, of_application, of_issuer, of_quiet
from approvals.policy.fenced import above, of_entitlement
from approvals.policy.joining import of_joining
from approvals.policy.model import Policy
from approvals.policy.overlaying import of_overlays, roles_of_overlays
from approvals.policy.reading.actions import WrittenAction
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.reading.parse import Asked, Draft, draft
from approvals.policy.reading.values import BASIC_ROLES
from approvals.policy.roles import LASTING, GoogleRole, dated, google_role, is_predefined, nearest_role
from approvals.policy.selectors import people
from approvals.policy.shortages import of_quorum, of_review
from approvals.policy.showing import ROOM, length


def lint(
    text: bytes | str, *, source: str, unreachable: Callable[[str], str] = lambda _: ""
) -> tuple[Problem, ...]:
    """Return all problems in order of position: those that `parse` refuses, and what only people can judge.

    Where a part cannot be read, what can be is looked at all the same. `unreachable` says why a person cannot be
    reached, and nothing of all others.
    """
    found = draft(text, source=source)
    roles = (problem for written in found.written for problem in _roles(written, source))
    whom = (problem for written in found.written for problem in _whom(found.policy, written, source))
    acting = (problem for written in found.actions for problem in _acting(found.policy, written, source))
    vouching = (problem for written in found.issuers for problem in of_issuer(found.policy, written, source))
    calling = (problem for written in found.applications for problem in of_application(written, source))
    beside = _beside(found, source)
    lost = (problem for each in found.asked for problem in _lost(found.policy, each, source, unreachable))
    doubts = (*roles, *whom, *acting, *vouching, *calling, *beside, *lost)
    problems = (*found.problems, *_judged(found, source), *doubts)
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.col)))


def errors(found: Draft, *, source: str) -> tuple[Problem, ...]:
    """Return what `lint` calls an error, and nothing that it only warns of, in order of position."""
    problems = (*found.problems, *_judged(found, source))
    wrong = (problem for problem in problems if problem.severity == "error")
    return tuple(sorted(wrong, key=lambda problem: (problem.line, problem.col)))


def _judged(found: Draft, source: str) -> Iterator[Problem]:
    """What is looked for in what could be read. Every error is found here: a load leaves out the rest."""
    for written in found.written:
        yield from _card(written, source)
        yield from of_entitlement(found.policy, written, source)
        yield from _room(written, source)
        yield from of_review(found.policy, written, source)
    for asked in found.asked:
        yield from of_quorum(found.policy, asked, source)
        yield from _unsignable(found.policy, asked, source)
    yield from _channel(found, source)


def _roles(written: Written, source: str) -> Iterator[Problem]:
    for role, node in written.roles:
        known = google_role(role)
        if known is None and is_predefined(role):
            yield _unknown_role(role, node, source)
        elif known is not None and known.lasting:
            yield problem_at(node, source, "lasting-role", _lasting_role(known), warning=True)


def _beside(found: Draft, source: str) -> Iterator[Problem]:
    """What the file says of IAM's offers, and fits none of them."""
    if found.source_node is None:
        return
    scope = found.policy.source.scope if found.policy.source is not None else ""
    yield from of_overlays(found.source_node, scope, source)
    for role, node in roles_of_overlays(found.source_node):
        if is_predefined(role) and role not in BASIC_ROLES and google_role(role) is None:
            yield _unknown_role(role, node, source)


def _whom(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """Who gets or decides more than the file's author may have in mind."""
    yield from _wide_stages(policy, written, source)
    yield from above(policy, written, source)
    yield from of_joining(policy, written, source)
    yield from of_quiet(policy, written, written.entitlement, source)
    yield from _emergency(policy, written, source)
    if written.guests is not None:
        yield problem_at(written.guests, source, "guest-self", _guest_self(policy, written), warning=True)


def _acting(policy: Policy, written: WrittenAction, source: str) -> Iterator[Problem]:
    yield from _wide_stages(policy, written, source)
    yield from of_quiet(policy, written, written.action, source)
    yield from of_action(policy, written, source)


def _wide_stages(policy: Policy, written: Asked, source: str) -> Iterator[Problem]:
    for each in written.stages:
        wide = [who for who in each.stage.approvers if who.startswith("domain:")]
        if wide:
            yield problem_at(each.node, source, "domain-approves", _wide(wide, policy), warning=True)


def _lost(policy: Policy, written: Asked, source: str, unreachable: Callable[[str], str]) -> Iterator[Problem]:
    for each in written.stages:
        for person in sorted(people(policy, each.stage.approvers).known):
            if why := unreachable(person):
                yield problem_at(each.node, source, "unreachable-person", why)


def _wide(domains: list[str], policy: Policy) -> str:
    names = " and ".join(who.removeprefix("domain:") for who in domains)
    plus = (
        "; one mailbox has any number of addresses with a plus sign: set identity.plus_addresses to refuse"
        if policy.identity.plus_addresses == "allow"
        else ""
    )
    return f"everybody with an address of {names} can approve, also whoever has a second account there{plus}"


def _guest_self(policy: Policy, written: Written) -> str:
    if policy.identity.guests == "refuse":
        return "guests: self has no effect here, for identity.guests lets no guest ask"
    if written.break_glass is not None:
        return "guests: self has no effect here, for no guest gets access in an emergency"
    if written.stages:
        return "guests: self has no effect here, for somebody else approves this"
    return "guests of the workspace get this without anybody's approval"


def _unknown_role(role: str, node: yaml.Node, source: str) -> Problem:
    near = nearest_role(role)
    hint = f"did you mean {near}?" if near else "write its id, which Google lists beside its title"
    text = f"Google had no role {role} on {dated()}; {hint}"
    return problem_at(node, source, "unknown-role", text, warning=True)


def _lasting_role(known: GoogleRole) -> str:
    kinds = [LASTING[kind] for kind in known.lasting]
    means = " and ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
    return f"the holder of {known.name} can {means}, which outlives the window"


def _emergency(policy: Policy, written: Written, source: str) -> Iterator[Problem]:
    """Nobody is asked before an emergency begins, so those who are told of it are all that stands against it."""
    if written.break_glass is None:
        return
    if not policy.security_channel:
        text = "only those who review this are told of it: name a security_channel, which is told as well"
        yield problem_at(written.break_glass.node, source, "untold-emergency", text, warning=True)


def _channel(found: Draft, source: str) -> Iterator[Problem]:
    """Slack's names of channels have no capitals (docs.slack.dev, conversations.create)."""
    if found.channel_node is not None:
        yield from _capitals(found.policy.channel, found.channel_node, source)


def _room(written: Written, source: str) -> Iterator[Problem]:
    if written.entitlement is not None and written.channel is not None:
        yield from _capitals(written.entitlement.channel, written.channel, source)


def _capitals(name: str, node: yaml.Node, source: str) -> Iterator[Problem]:
    if name.startswith("#") and name != name.lower():
        text = f'Slack writes the names of channels in small letters; write "{name.lower()}"'
        yield problem_at(node, source, "bad-channel", text)


def _card(written: Written, source: str) -> Iterator[Problem]:
    if written.entitlement is None:
        return
    taken = length(written.entitlement)
    if taken > ROOM:
        text = (
            f"roles, condition and approvers may take {taken} characters of a card, which has room for {ROOM}:"
            " nobody could approve what they cannot read, so make several entitlements of it"
        )
        yield problem_at(written.gives, source, "card-too-long", text)


def _unsignable(policy: Policy, written: Asked, source: str) -> Iterator[Problem]:
    """Identity-Aware Proxy shows no name that a signature could be held against."""
    if policy.identity.sign_name != "match" or policy.identity.accept.decide != "web":
        return
    for each in written.stages:
        if each.stage.sign:
            text = (
                "nobody could sign this: identity.accept takes decisions by a page alone, and a page's account"
                " shows no name that identity.sign_name could match; write sign_name: note"
            )
            yield problem_at(each.node, source, "unsignable", text)
