"""Overlays of a source that fit nothing IAM can offer: what they demand is then demanded of nobody."""

from collections.abc import Iterator

import yaml

from approvals.policy.fences import matches
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.values import BASIC_ROLES

_PROJECTS = "projects"


def of_overlays(node: yaml.Node, scope: str, source: str) -> Iterator[Problem]:
    """Warn of each pattern of `sources` that fits nothing. `scope` is empty where it could not be read."""
    for written, value in _patterns(node, "resources"):
        if why := _nowhere(value, scope):
            yield _idle(written, value, why, source)
    for written, value in _patterns(node, "roles"):
        if value in BASIC_ROLES:
            why = "IAM takes no condition on it, so nobody is eligible for it. Leave it out"
            yield _idle(written, value, why, source)


def _idle(node: yaml.Node, value: str, why: str, source: str) -> Problem:
    return problem_at(node, source, "idle-overlay", f"{value} fits nothing that IAM offers: {why}", warning=True)


def roles_of_overlays(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """The roles that overlays name whole, where they stand."""
    return ((value, written) for written, value in _patterns(node, "roles") if "*" not in value)


def _nowhere(pattern: str, scope: str) -> str:
    """Why a pattern of places fits nothing; empty where it may fit something."""
    kind, slash, _ = pattern.partition("/")
    if not slash:
        return ""  # it is none, and refused as such
    if not matches([kind], _PROJECTS):
        return "that lies on projects alone, also where its binding is above them. Write projects/NAME"
    if scope.startswith(f"{_PROJECTS}/") and not matches([pattern], scope):
        return f"sources.jit_access.scope is {scope}"
    return ""


def _patterns(node: yaml.Node, key: str) -> Iterator[tuple[yaml.Node, str]]:
    """What overlays have under a key, as far as it can be read: what cannot is refused elsewhere."""
    for overlays in _under(_one(node, "jit_access"), "overlays"):
        for overlay in overlays.value if isinstance(overlays, yaml.SequenceNode) else ():
            for found in _under(overlay, key):
                for each in found.value if isinstance(found, yaml.SequenceNode) else ():
                    if isinstance(each, yaml.ScalarNode):
                        yield each, each.value


def _one(node: yaml.Node, key: str) -> yaml.Node:
    return next(_under(node, key), node)


def _under(node: yaml.Node, key: str) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        yield from (value for name, value in node.value if name.value == key)
