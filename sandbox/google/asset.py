"""Cloud Asset Inventory (v1), and the search for projects of Resource Manager: as far as this product asks them.

https://cloud.google.com/asset-inventory/docs/searching-iam-policies
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.google.arguments import Arguments
from sandbox.google.errors import NO_PERMISSION, GoogleError, invalid
from sandbox.google.state import CREATED, Google, Resource

FULL = "//cloudresourcemanager.googleapis.com/"
_TYPES = {
    "projects": "cloudresourcemanager.googleapis.com/Project",
    "folders": "cloudresourcemanager.googleapis.com/Folder",
    "organizations": "cloudresourcemanager.googleapis.com/Organization",
}
_NAMES = 20
_PAGE, _PROJECTS = 500, 1_000
_QUERY = re.compile(r"policy:(?:\((?P<several>[\w. ]+)\)|(?P<one>[\w.]+))")
_ALL = ("analyzeIamPolicy", "searchAllIamPolicies", "searchAllResources")


def batch_get_effective(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Return the policies of each named resource and of what is above it, up to the scope."""
    scope = arguments.resource.removesuffix("/effectiveIamPolicies")
    _require(google, scope, *_ALL)
    names = arguments.several("names")
    if not 1 <= len(names) <= _NAMES:
        raise invalid(f"Between 1 and {_NAMES} names must be given.", field="names")
    return {"policyResults": [_effective(google, scope, name) for name in names]}


def search_policies(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Find the policies of a scope, with those bindings alone that match the query."""
    _require(google, arguments.resource, "searchAllIamPolicies")
    wanted = _wanted(arguments.query.get("query") or "")
    found = []
    for resource in _inside(google, arguments):
        policy = google.read(resource.name, version=3)
        bindings = [each for each in policy.get("bindings") or () if wanted(each)]
        if bindings:
            found.append(_placed(google, resource) | {"policy": {"version": 3, "bindings": bindings}})
    return _page("results", found, arguments, most=_PAGE)


def search_resources(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Find the projects, folders and organizations of a scope."""
    _require(google, arguments.resource, "searchAllResources")
    found = []
    for resource in _inside(google, arguments):
        placed = _placed(google, resource)
        described = {"name": placed.pop("resource"), "displayName": resource.display_name, "state": "ACTIVE"}
        above = {"parentFullResourceName": f"{FULL}{resource.parent}"} if resource.parent else {}
        found.append(placed | described | above)
    if arguments.query.get("orderBy") == "name":
        found.sort(key=lambda each: str(each["name"]))
    return _page("results", found, arguments, most=_PAGE)


def search_projects(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Find projects that the caller may see, by any of the fields that the query names."""
    terms = [_term(each) for each in (arguments.query.get("query") or "").split()]
    found = [
        {
            "name": f"projects/{each.number}",
            "projectId": each.name.partition("/")[2],
            "parent": each.parent,
            "displayName": each.display_name,
            "state": "ACTIVE",
            "createTime": CREATED,
        }
        for each in google.resources()
        if each.name.startswith("projects/") and google.holds(each.name, "resourcemanager.projects.get")
    ]
    kept = [each for each in found if not terms or any(term(each) for term in terms)]
    return _page("projects", kept, arguments, most=_PROJECTS)


def _effective(google: Google, scope: str, name: str) -> dict[str, Any]:
    chain = list(_chain(google, name.removeprefix(FULL)))
    place = google.resource(scope).name
    known = chain[: [each.name for each in chain].index(place) + 1] if place in [c.name for c in chain] else []
    policies = [
        {"attachedResource": f"{FULL}{each.name}", "policy": {"version": 3, "bindings": bindings}}
        for each in known
        if (bindings := google.read(each.name, version=3).get("bindings"))
    ]
    return {"fullResourceName": name} | ({"policies": policies} if policies else {})


def _chain(google: Google, name: str) -> Iterator[Resource]:
    """A resource and what it lies in, nearest first; nothing of one that is not there."""
    while name:
        try:
            found = google.resource(name)
        except GoogleError:
            return
        yield found
        name = found.parent


def _inside(google: Google, arguments: Arguments) -> Iterator[Resource]:
    """What lies in the scope, itself included, of the kinds that are asked for."""
    scope = google.resource(arguments.resource).name
    kinds = arguments.several("assetTypes")
    for each in google.resources():
        if kinds and _TYPES[each.name.partition("/")[0]] not in kinds:
            continue
        if scope in [above.name for above in _chain(google, each.name)]:
            yield each


def _placed(google: Google, resource: Resource) -> dict[str, Any]:
    """Where a resource lies, as each result says it."""
    chain = list(_chain(google, resource.name))
    folders = [each.name for each in chain if each.name.startswith("folders/")]
    organization = next((each.name for each in chain if each.name.startswith("organizations/")), "")
    kind = resource.name.partition("/")[0]
    placed: dict[str, Any] = {"resource": f"{FULL}{resource.name}", "assetType": _TYPES[kind]}
    placed |= {"project": f"projects/{resource.number}"} if kind == "projects" else {}
    placed |= {"folders": folders} if folders else {}
    return placed | ({"organization": organization} if organization else {})


def _wanted(query: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a binding has one of the words that a query asks for, whatever their capitals."""
    if not query:
        return lambda _: True
    match = _QUERY.fullmatch(query)
    if match is None:
        raise GoogleError(501, f"The sandbox does not know the query {query}.")
    words = {word.lower() for word in (match["one"] or match["several"]).split() if word != "OR"}
    return lambda binding: not words.isdisjoint(_words(binding))


def _words(binding: Mapping[str, Any]) -> set[str]:
    """All but letters, digits, `_` and `&` parts words, whose capitals do not count (search query syntax)."""
    condition = binding.get("condition") or {}
    text = " ".join((binding["role"], *binding["members"], *map(str, condition.values())))
    return set(re.findall(r"[a-z0-9_&]+", text.lower()))


def _term(text: str) -> Callable[[Mapping[str, Any]], bool]:
    field, _, value = text.partition(":")
    known = {"state": "state", "lifecyclestate": "state", "parent": "parent", "id": "projectId"}
    known |= {"projectid": "projectId", "name": "displayName", "displayname": "displayName"}
    if not value or field.lower() not in known:
        raise GoogleError(501, f"The sandbox does not know the query {text}.")
    name, wanted = known[field.lower()], value.lower()
    if wanted.endswith("*"):
        return lambda found: found[name].lower().startswith(wanted[:-1])
    return lambda found: found[name].lower() == wanted


def _page(kind: str, found: Sequence[Any], arguments: Arguments, *, most: int) -> dict[str, Any]:
    token = arguments.query.get("pageToken") or "0"
    if not token.isdecimal() or int(token) > len(found):
        raise invalid("Invalid page token.", field="pageToken")
    size = min(int(arguments.query.get("pageSize") or 0) or most, most)
    start, end = int(token), int(token) + size
    page: dict[str, Any] = {kind: list(found[start:end])} if found[start:end] else {}
    return page | ({"nextPageToken": str(end)} if end < len(found) else {})


def _require(google: Google, scope: str, *methods: str) -> None:
    for method in methods:
        if not google.holds(scope, f"cloudasset.assets.{method}"):
            raise GoogleError(403, NO_PERMISSION)
