"""Eligible bindings by Cloud Asset Inventory (v1), and projects by Resource Manager (v3).

The service's account needs `roles/cloudasset.viewer` on the scope, and `roles/browser` to find projects. What
Asset Inventory says is eventually consistent, as its documentation warns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from approvals.backends.shaped import shaped
from approvals.eligible.bindings import Attached, Binding
from approvals.ports.catalog import Listing, Project
from approvals.refusals.errors import NotFound, Unavailable
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

MOST_PROJECTS = 20_000
_PAGE = 500
"""Results of a page at most (searchAllIamPolicies, searchAllResources)."""

_BAD, _FORBIDDEN, _MISSING = 400, 403, 404
_IN_USE = ("ACTIVE", None)
"""What a project's state is. Where none is told it may have logs."""

_SHAPE = "Asset Inventory gave an answer of a shape that is not documented"
"""Such an answer says nothing of anybody's eligibility."""

_NAME = Pattern(r"//cloudresourcemanager\.googleapis\.com/((projects|folders|organizations)/[^/]+)")
_TYPE = "cloudresourcemanager.googleapis.com/"
_PLACES = [f"{_TYPE}{kind}" for kind in ("Project", "Folder", "Organization")]
_MARKED = "policy:(jitAccessConstraint OR multiPartyApprovalConstraint)"
"""The query is held against each binding, its condition included, and those alone that match come back."""


class AssetInventory:
    """A `Catalog`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url

    def effective(self, scope: str, project: str, *, timeout: float) -> tuple[Attached, ...]:
        """Ask for the policies of one project and of what is above it, in one call."""
        names = [f"//cloudresourcemanager.googleapis.com/{project}"]
        try:
            answer = self._asked(
                self._assets,
                lambda api: api.effectiveIamPolicies().batchGet(scope=scope, names=names),
                timeout=timeout,
            )
        except NotFound:
            return ()
        with shaped(_SHAPE):
            return _effective(answer, project=project, name=names[0])

    def listing(self, scope: str, *, query: str, timeout: float) -> Listing:
        """Read the bindings of the scope that carry a marker, its folders, and the projects that are found."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        with shaped(_SHAPE):
            found = list(self._found(query, left))
            above = self._above(scope, left) if not scope.startswith("projects/") else {}
            numbers = {str(each["name"]): f"projects/{each['projectId']}" for each in found}
            projects = tuple(_project(each, above) for each in found[:MOST_PROJECTS])
            policies = tuple(_searched(each, numbers) for each in self._policies(scope, _MARKED, left))
        return Listing(projects=projects, policies=_joined(policies), cut=len(found) > MOST_PROJECTS)

    def standing(self, scope: str, *, timeout: float) -> Iterator[Attached]:
        """Search without a query: then each result has all bindings of its place."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        with shaped(_SHAPE):
            for each in self._policies(scope, "", seconds_left(timeout)):
                yield _searched(each, {})

    def load(self) -> None:
        """Load Google's libraries, and read how the two APIs are called: no click waits for that afterwards."""
        _ = self._assets, self._projects

    def below(self, place: str, *, most: int, timeout: float) -> tuple[tuple[str, ...], bool]:
        """The projects in use below a folder or organization, the first by name; whether there are more.

        Raises `NotFound` where these credentials may not look, `Unavailable`.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left, found = seconds_left(timeout), list[str]()
        try:
            with shaped(_SHAPE):
                for page in self._below(place, left):
                    used = [each for each in page.get("results") or () if each.get("state") in _IN_USE]
                    found += [_resource(each.get("name")) for each in used]
                    if len(found) > most:
                        break
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, RestError) and cause.code in (_FORBIDDEN, _BAD):
                raise NotFound(str(error)) from error
            raise
        return tuple(found[:most]), len(found) > most

    def _below(self, place: str, left: Callable[[], float]) -> Iterator[Mapping[str, Any]]:
        return self._pages(
            self._assets,
            lambda api, token: api.v1().searchAllResources(
                scope=place, assetTypes=[f"{_TYPE}Project"], orderBy="name", pageSize=_PAGE, pageToken=token
            ),
            left,
        )

    def require_readable(self, scope: str, *, query: str, timeout: float) -> None:
        """Ask as a listing does, for as little as can be. Raises `Unavailable`."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        self._asked(self._projects, lambda api: api.projects().search(query=query, pageSize=1), timeout=left())
        self._asked(
            self._assets,
            lambda api: api.v1().searchAllIamPolicies(scope=scope, assetTypes=_PLACES, query=_MARKED, pageSize=1),
            timeout=left(),
        )

    def _found(self, query: str, left: Callable[[], float]) -> Iterator[Mapping[str, Any]]:
        """The projects that the query finds, up to one more than are listed."""
        count = 0
        for page in self._pages(
            self._projects,
            lambda api, token: api.projects().search(query=query, pageSize=_PAGE, pageToken=token),
            left,
        ):
            for each in page.get("projects") or ():
                yield each
                count += 1
            if count > MOST_PROJECTS:
                return

    def _above(self, scope: str, left: Callable[[], float]) -> Mapping[str, str]:
        """What each folder of the scope lies in."""
        pages = self._pages(
            self._assets,
            lambda api, token: api.v1().searchAllResources(
                scope=scope, assetTypes=[f"{_TYPE}Folder"], pageSize=_PAGE, pageToken=token
            ),
            left,
        )
        folders = (each for page in pages for each in page.get("results") or ())
        return {_resource(each.get("name")): _resource(each.get("parentFullResourceName")) for each in folders}

    def _policies(self, scope: str, query: str, left: Callable[[], float]) -> Iterator[Mapping[str, Any]]:
        for page in self._pages(
            self._assets,
            lambda api, token: api.v1().searchAllIamPolicies(
                scope=scope, assetTypes=_PLACES, query=query, pageSize=_PAGE, pageToken=token
            ),
            left,
        ):
            yield from page.get("results") or ()

    def _pages(
        self, rest: "Rest", ask: Callable[[Any, str], Any], left: Callable[[], float]
    ) -> Iterator[Mapping[str, Any]]:
        token = ""
        while True:
            page = self._asked(rest, lambda api, token=token: ask(api, token), timeout=left())  # type: ignore[misc]
            yield page
            token = str(page.get("nextPageToken") or "")
            if not token:
                return

    def _asked(self, rest: "Rest", ask: Callable[[Any], Any], *, timeout: float) -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            answer: Mapping[str, Any] = rest.call(ask, timeout=timeout)
        except RestError as error:
            if error.code == _MISSING:
                raise NotFound(f"Asset Inventory knows nothing of it: {error}") from error
            # What is forbidden is so for all alike, and says nothing of anybody's eligibility.
            raise Unavailable(f"Asset Inventory does not say what IAM offers: {error}") from error
        return answer

    @cached_property
    def _assets(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudasset", "v1", base_url=self._base_url)

    @cached_property
    def _projects(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415

        return Rest("cloudresourcemanager", "v3", base_url=self._base_url)


def _effective(answer: Mapping[str, Any], *, project: str, name: str) -> tuple[Attached, ...]:
    """What is said of the one project. Each name that was asked for has its result, if only an empty one."""
    results = answer["policyResults"]
    (result,) = results if len(results) == 1 else ({},)
    if result["fullResourceName"] != name:
        raise KeyError("a policy of something else")
    return _joined(_attached(each, project=project) for each in result.get("policies") or ())


def _attached(info: Mapping[str, Any], *, project: str) -> Attached:
    """One policy of a project's effective ones. The project may be called by its number there."""
    place = _resource(info.get("attachedResource"))
    place = project if place.startswith("projects/") else place
    return Attached(resource=place, bindings=_bindings(place, info.get("policy") or {}))


def _searched(result: Mapping[str, Any], numbers: Mapping[str, str]) -> Attached:
    place = _resource(result.get("resource"))
    place = numbers.get(place, place)
    return Attached(resource=place, bindings=_bindings(place, result.get("policy") or {}))


def _joined(found: Iterable[Attached]) -> tuple[Attached, ...]:
    """Each place once: a search may give one of them in parts."""
    held: dict[str, list[Binding]] = {}
    for each in found:
        held.setdefault(each.resource, []).extend(each.bindings)
    return tuple(Attached(resource=place, bindings=tuple(those)) for place, those in held.items())


def _bindings(place: str, policy: Mapping[str, Any]) -> tuple[Binding, ...]:
    return tuple(_binding(place, number, each) for number, each in enumerate(policy.get("bindings") or ()))


def _binding(place: str, number: int, found: Mapping[str, Any]) -> Binding:
    condition = found.get("condition") or {}
    return Binding(
        role=str(found.get("role", "")),
        members=_members(found.get("members") or []),
        condition=str(condition.get("expression") or ""),
        place=f"{place}, bindings[{number}]",
        title=str(condition.get("title") or ""),
        description=str(condition.get("description") or ""),
    )


def _members(found: object) -> tuple[str, ...]:
    """A text is no list, though it has letters."""
    if not isinstance(found, list):
        raise TypeError("members are a list")
    return tuple(map(str, found))


def _project(found: Mapping[str, Any], above: Mapping[str, str]) -> Project:
    resource = f"projects/{found['projectId']}"
    title = str(found.get("displayName") or "")
    chain = tuple(_chain(str(found.get("parent") or ""), above))
    return Project(resource=resource, title=title, above=chain, number=str(found["name"]))


def _chain(place: str, above: Mapping[str, str]) -> Iterator[str]:
    """A place and what it lies in, as far as that is known, and never in a circle."""
    seen: set[str] = set()
    while place and place not in seen:
        seen.add(place)
        yield place
        place = above.get(place, "")


def _resource(name: object) -> str:
    match = _NAME.fullmatch(str(name or ""))
    return match[1] if match else ""
