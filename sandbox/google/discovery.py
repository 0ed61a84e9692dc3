"""Google's discovery documents: which methods exist, and what their requests and answers may hold.

Format: https://developers.google.com/discovery/v1/reference/apis.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from sandbox.google.errors import GoogleError
from sandbox.google.schema import Schemas

SERVED = (
    "cloudresourcemanager.v3",
    "cloudresourcemanager.v1",
    "cloudasset.v1",
    "cloudidentity.v1",
    "admin.directory_v1",
    "iap.v1",
    "iam.v1",
    "iamcredentials.v1",
    "secretmanager.v1",
    "pubsub.v1",
    "logging.v2",
    "orgpolicy.v2",
)


_WHOLE = "^.*$"
"""The pattern of a parameter that is a name of any depth."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one version of an API. `id` is `cloudresourcemanager.v3.projects.getIamPolicy`."""

    id: str
    service: str
    verb: str
    path: re.Pattern[str]
    query: Mapping[str, Mapping[str, Any]]
    request: str | None
    response: str | None
    schemas: Schemas

    def check_query(self, query: Mapping[str, str]) -> None:
        """Refuse parameters that the method does not have, with Google's sentence."""
        for name, value in query.items():
            if _is_system(name, value):
                continue
            if name not in self.query:
                raise GoogleError(
                    400,
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                    f"Field '{name}' could not be found in request message.",
                )
            self.schemas.check_text(self.query[name], value, at=name)

    def check_body(self, body: Any) -> None:
        """Refuse a body that the method's request schema does not allow."""
        if self.request is not None:
            self.schemas.check(self.request, body)
        elif body:
            raise GoogleError(400, "Invalid JSON payload received. The method takes no body.")

    def check_answer(self, answer: Any) -> None:
        """Raise `GoogleError` when our own answer is not what Google could have sent."""
        if self.response is not None:
            self.schemas.check(self.response, answer)


@cache
def methods() -> tuple[Method, ...]:
    """Return every method of the served APIs, in the documents' order."""
    return tuple(method for name in SERVED for method in _methods(_document(name)))


def find(service: str, verb: str, path: str) -> tuple[Method, dict[str, str]]:
    """Return the method that a request means, and its path parameters. Raises a 404 when there is none."""
    for method in methods():
        if method.service == service and method.verb == verb and (match := method.path.fullmatch(path)):
            return method, match.groupdict()
    raise GoogleError(404, f"The requested URL /{path} was not found on this server.")


def _document(name: str) -> dict[str, Any]:
    spec = find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("google-api-python-client brings the discovery documents and is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "discovery_cache" / "documents"
    document: dict[str, Any] = json.loads((folder / f"{name}.json").read_bytes())
    return document


def _methods(document: Mapping[str, Any]) -> Iterator[Method]:
    schemas = Schemas(document["schemas"])
    for described in _walk(document):
        own = {name: each for name, each in described.get("parameters", {}).items() if each["location"] == "query"}
        # Methods of the Directory API begin with `directory`, and its host with `admin`.
        service, rest = document["name"], described["id"].partition(".")[2]
        yield Method(
            id=f"{service}.{document['version']}.{rest}",
            service=service,
            verb=described["httpMethod"],
            path=_pattern(described["flatPath"], whole=_WHOLE in _patterns(described)),
            query={**document["parameters"], **own},
            request=described.get("request", {}).get("$ref"),
            response=described.get("response", {}).get("$ref"),
            schemas=schemas,
        )


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("methods", {}).values()
    for inner in node.get("resources", {}).values():
        yield from _walk(inner)


def _is_system(name: str, value: str) -> bool:
    """Google's own clients ask in this way for JSON (https://cloud.google.com/apis/docs/system-parameters)."""
    return name == "$alt" and value.partition(";")[0] == "json"


def _pattern(flat_path: str, *, whole: bool) -> re.Pattern[str]:
    """Compile `v3/projects/{projectsId}:getIamPolicy`; a parameter holds no colon, and no slash if not `whole`."""
    pieces = re.split(r"\{(\w+)\}", flat_path)
    held = "[^:]+" if whole else "[^/:]+"
    return re.compile("".join(f"(?P<{p}>{held})" if i % 2 else re.escape(p) for i, p in enumerate(pieces)))


def _patterns(described: Mapping[str, Any]) -> list[str]:
    """What the parameters of the path look like."""
    return [each.get("pattern", "") for each in described.get("parameters", {}).values()]
