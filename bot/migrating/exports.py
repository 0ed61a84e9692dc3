"""Reads an export of IAM policies: who holds which role where, and what is above each project.

Sources: Cloud Asset Inventory's `searchAllIamPolicies`, `assets.list` and `exportAssets` with the content
IAM_POLICY, and `effectiveIamPolicies.batchGet`, as REST answers or `gcloud asset … --format=json` prints them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, final

from approvals.eligible.bindings import Attached, Binding, LeftOut
from approvals.refusals.errors import CountersignError

SIZE_LIMIT = 256 * 1024 * 1024
"""Of an export in bytes: 300 bindings are some hundred kilobytes."""

_OURS = "//cloudresourcemanager.googleapis.com/"
_HOW = "print one by: gcloud asset search-all-iam-policies --scope=organizations/NUMBER --format=json"


class ExportError(CountersignError):
    """A file is no export that can be read; the text says what is wrong and how to make one."""


@final
class Export:
    """What an export says: bindings by their resource, the projects with what is above them, and what is wrong."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self.projects: dict[str, tuple[str, ...]] = {}
        self._bindings: dict[str, list[Binding]] = {}
        self._whole: set[str] = set()

    @property
    def policies(self) -> tuple[Attached, ...]:
        return tuple(Attached(resource=name, bindings=tuple(found)) for name, found in self._bindings.items())

    def attach(self, resource: str, policy: object, place: str) -> None:
        """Note the policy of one resource."""
        bindings = policy.get("bindings", []) if isinstance(policy, Mapping) else None
        if not isinstance(bindings, list):
            self.left_out.append(LeftOut(place=place, text="its policy has no list of bindings. Export it anew"))
            return
        for number, binding in enumerate(bindings):
            found = _binding(binding, f"{place}.bindings[{number}]")
            if isinstance(found, LeftOut):
                self.left_out.append(found)
            else:
                self._bindings.setdefault(resource, []).append(found)

    def attach_once(self, resource: str, policy: object, place: str) -> None:
        """Note the policy of what is above several projects, which each of them repeats."""
        if resource not in self._whole:
            self._whole.add(resource)
            self.attach(resource, policy, place)


def read(raw: bytes) -> Export:
    """Read an export. Raises `ExportError` where nothing of it can be read."""
    if len(raw) > SIZE_LIMIT:
        raise ExportError("the export is larger than 256 MiB; export what lies in RESOURCE_SCOPE alone")
    found = Export()
    for place, item in _items(raw):
        if not isinstance(item, dict):
            found.left_out.append(LeftOut(place=place, text="it is no object with a policy. Export it anew"))
        elif "fullResourceName" in item:
            _effective(found, item, place)
        else:
            _one(found, item, place)
    return found


def _items(raw: bytes) -> Iterator[tuple[str, Any]]:
    """Each policy with its place: of one JSON document, or of one in each line."""
    try:
        whole = _json(raw)
    except ValueError:
        yield from _lines(raw)
        return
    if isinstance(whole, dict):
        if "bindings" in whole:
            raise ExportError(f"this is the policy of one resource, and does not say which; {_HOW}")
        known = next((key for key in ("policyResults", "results", "assets") if key in whole), "")
        whole = whole[known] if known else [whole]
        prefix = known
    else:
        prefix = ""
    if not isinstance(whole, list) or not whole:
        raise ExportError(f"there is no policy in it; {_HOW}")
    for number, item in enumerate(whole):
        yield f"{prefix}[{number}]", item


def _lines(raw: bytes) -> Iterator[tuple[str, Any]]:
    if not raw.strip():
        raise ExportError(f"there is no policy in it; {_HOW}")
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", _json(line)
        except ValueError as error:
            raise ExportError(f"line {number} is no JSON: {error}; {_HOW}") from error


def _json(raw: bytes) -> Any:
    """Raises `ValueError` for what is no JSON, or nested too deeply, or has a key twice."""
    try:
        return json.loads(raw, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _one(found: Export, item: dict[str, Any], place: str) -> None:
    """A result of a search, or an asset with its policy."""
    key = next((key for key in ("policy", "iamPolicy", "iam_policy") if key in item), "")
    name = item.get("resource") if key == "policy" else item.get("name")
    if not key or not isinstance(name, str):
        text = "it says no resource or no policy. Export with the content type iam-policy"
        found.left_out.append(LeftOut(place=place, text=text))
        return
    resource = name.removeprefix(_OURS)
    above = _texts(item.get("folders")) + _texts([item.get("organization")]) + _texts(item.get("ancestors"))
    if resource.startswith("projects/"):
        found.projects[resource] = tuple(each for each in above if not each.startswith("projects/"))
    found.attach(resource, item[key], f"{place}.{key}")


def _effective(found: Export, item: dict[str, Any], place: str) -> None:
    """A project with the policies that hold there, its own and inherited ones."""
    project = str(item["fullResourceName"]).removeprefix(_OURS)
    policies = item.get("policies", [])
    if not isinstance(policies, list):
        found.left_out.append(LeftOut(place=place, text="it has no list of policies. Export it anew"))
        return
    above = []
    for number, each in enumerate(policies):
        at = f"{place}.policies[{number}]"
        name = each.get("attachedResource") if isinstance(each, dict) else None
        if not isinstance(name, str):
            found.left_out.append(LeftOut(place=at, text="it does not say where it is attached. Export it anew"))
            continue
        resource = name.removeprefix(_OURS)
        if resource.startswith("projects/"):
            found.attach(project, each.get("policy"), f"{at}.policy")
        else:
            above.append(resource)
            found.attach_once(resource, each.get("policy"), f"{at}.policy")
    found.projects[project] = tuple(above)


def _binding(binding: object, place: str) -> Binding | LeftOut:
    if not isinstance(binding, Mapping):
        return LeftOut(place=place, text="it is no binding. Export it anew")
    condition = binding.get("condition") or {}
    expression = condition.get("expression", "") if isinstance(condition, Mapping) else None
    role, members = binding.get("role"), binding.get("members", [])
    fits = isinstance(role, str) and isinstance(expression, str) and isinstance(members, list)
    if not fits or not all(isinstance(member, str) for member in members):
        return LeftOut(place=place, text="its role, members or condition are no texts. Export it anew")
    return Binding(role=str(role), members=tuple(members), condition=str(expression), place=place)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
