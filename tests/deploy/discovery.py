"""Holds a document against a schema of one of Google's discovery documents, as the client library has them."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient

_KINDS = {"string": str, "boolean": bool, "integer": int}


@cache
def schemas(document: str) -> Mapping[str, Any]:
    """All schemas of a document such as `run.v1`."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    found: Mapping[str, Any] = json.loads((folder / f"{document}.json").read_text())["schemas"]
    return found


def wrong(document: str, name: str, value: object) -> list[str]:
    """What the schema does not know, or has as another type, each with its path."""
    return list(_wrong(schemas(document), {"$ref": name}, value, name))


def _wrong(known: Mapping[str, Any], schema: Mapping[str, Any], value: object, at: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = known[schema["$ref"]]
    kind = schema["type"]
    if kind == "array" and isinstance(value, list):
        for number, each in enumerate(value):
            yield from _wrong(known, schema["items"], each, f"{at}[{number}]")
    elif kind == "object" and isinstance(value, dict):
        for name, each in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if inner is None:
                yield f"{at} has no {name}"
            else:
                yield from _wrong(known, inner, each, f"{at}.{name}")
    elif type(value) is not _KINDS.get(kind):
        yield f"{at} is no {kind}: {value!r}"


def annotations(of: str) -> set[str]:
    """The annotations that `run.v1` lists for a Service, or for a Revision."""
    listed = schemas("run.v1")["ObjectMeta"]["properties"]["annotations"]["description"]
    pairs = re.findall(r"\* `([^`]+)`: ([A-Z]\w+(?:, ?[A-Z]\w+)*)", listed)
    return {name for name, kinds in pairs if of in re.split(", ?", kinds)}
