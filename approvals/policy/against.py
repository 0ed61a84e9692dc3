"""In what a sound file is looser than another policy, as warnings where it says so, and what else is other."""

import yaml

from approvals.policy.loosening import Difference, differences
from approvals.policy.model import Policy
from approvals.policy.reading.actions import WrittenAction
from approvals.policy.reading.composing import compose
from approvals.policy.reading.document import Problem, Reader, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.reading.parse import draft


def placed(
    text: bytes | str, *, source: str, before: Policy
) -> tuple[tuple[Problem, ...], tuple[Difference, ...]]:
    """What is looser, each a warning in order of position; and what else is other."""
    found, top = draft(text, source=source), compose(text, Reader(source))
    other = differences(found.policy, before=before)
    if top is None:
        return (), other
    nodes = _sections(top)
    nodes |= {each.entitlement.id: _entitlement(each) for each in found.written if each.entitlement is not None}
    nodes |= {each.action.id: _action(each, top) for each in found.actions if each.action is not None}
    problems = [
        problem_at(nodes.get(each.of, top), source, "looser", f"{each.of}: {each.text}", warning=True)
        for each in other
        if each.side == "looser"
    ]
    rest = tuple(each for each in other if each.side != "looser")
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.col))), rest


def _sections(top: yaml.Node) -> dict[str, yaml.Node]:
    """Where each section of the file begins, by its name: `identity` is what differences are of by such a one."""
    return {key.value: key for key, _ in top.value} if isinstance(top, yaml.MappingNode) else {}


def _entitlement(written: Written) -> yaml.Node:
    """Where the approval stands, or else what it gives."""
    if written.approval is not None:
        return written.approval
    return written.gives


def _action(written: WrittenAction, top: yaml.Node) -> yaml.Node:
    return written.stages[0].node if written.stages else top
