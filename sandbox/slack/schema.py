"""The shape of Block Kit, from the JSON Schema that is generated out of Slack's own `@slack/types`.

Every object there is closed, so an unknown field is refused as an unknown type is.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

DEFINITIONS: dict[str, Any] = json.loads((Path(__file__).parent / "schema" / "blocks.json").read_text())[
    "definitions"
]


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DEFINITIONS[schema["$ref"].rpartition("/")[2]]
    return schema


def _by_type(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The alternatives of a union, told apart by the constant in their `type`."""
    schema = _resolve(schema)
    if "anyOf" in schema:
        found: dict[str, list[dict[str, Any]]] = {}
        for alternative in schema["anyOf"]:
            for kind, schemas in _by_type(alternative).items():
                found.setdefault(kind, []).extend(schemas)
        return found
    kind = schema.get("properties", {}).get("type", {}).get("const")
    return {kind: [schema]} if kind else {}


@functools.cache
def _alternatives(union: str) -> dict[str, list[dict[str, Any]]]:
    return _by_type({"anyOf": json.loads(union)})


def _any_of(
    validator: Any, union: list[dict[str, Any]], instance: object, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Try only the alternatives of the instance's own type: quicker, and the error names the right field."""
    alternatives = _alternatives(json.dumps(union))
    if not alternatives or not isinstance(instance, dict):
        yield from Draft7Validator.VALIDATORS["anyOf"](validator, union, instance, schema)
        return
    fitting = alternatives.get(str(instance.get("type")), [])
    if not fitting:
        yield ValidationError(f"unsupported type: {instance.get('type')}", path=["type"])
    errors = [list(validator.descend(instance, one)) for one in fitting]
    if all(errors):
        yield from (error for several in errors for error in several)


_Closed: Any = extend(Draft7Validator, {"anyOf": _any_of})  # type: ignore[no-untyped-call]


@functools.cache
def _validator(name: str) -> Any:
    return _Closed({"$ref": f"#/definitions/{name}", "definitions": DEFINITIONS})


def problems(name: str, instance: object, *, at: str) -> list[str]:
    """What is wrong with `instance` as a `name`, in the words of Slack's `response_metadata.messages`."""
    return [
        f"[ERROR] {error.message} [json-pointer:{at}{''.join(f'/{step}' for step in error.absolute_path)}]"
        for error in _validator(name).iter_errors(instance)
    ]
