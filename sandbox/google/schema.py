"""Checks a JSON value against a discovery document's schemas, with the sentences of Google's JSON parser."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.google.errors import GoogleError, invalid

_INT_RANGE = {"int32": 31, "int64": 63}
_DURATION = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?s")
_WORD = re.compile(r"[A-Za-z_][\w.]*")


class Schemas:
    """The schemas of one document."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._schemas = schemas

    def check(self, name: str, value: Any) -> None:
        """Raise a 400 `GoogleError` that names the first field at fault."""
        self._value({"$ref": name}, value, at="")

    def check_text(self, schema: Mapping[str, Any], text: str, *, at: str) -> None:
        """Check a query parameter, which is always text."""
        kind = schema.get("type")
        if kind == "boolean" and text not in ("true", "false"):
            raise _wrong(at, "TYPE_BOOL", text)
        if kind == "integer" and not re.fullmatch(r"-?\d+", text):
            raise _wrong(at, "TYPE_INT32", text)
        if kind == "string":
            _string(schema, text, at)

    def _value(self, schema: Mapping[str, Any], value: Any, *, at: str) -> None:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        if value is None:  # proto3's JSON reads null as the default
            return
        kind = schema["type"]
        if kind == "object":
            self._object(schema, value, at=at)
        elif kind == "array":
            self._array(schema, value, at=at)
        elif kind in _SCALARS:
            _SCALARS[kind](schema, value, at)

    def _object(self, schema: Mapping[str, Any], value: Any, *, at: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(at, str(schema.get("id", "object")), value)
        properties = schema.get("properties", {})
        for name, each in value.items():
            inner = properties.get(name) or schema.get("additionalProperties")
            if inner is None:
                where = f" at '{at}'" if at else ""
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.', field=at
                )
            self._value(inner, each, at=f"{at}.{name}" if at else name)

    def _array(self, schema: Mapping[str, Any], value: Any, *, at: str) -> None:
        if not isinstance(value, list):
            raise _wrong(at, "array", value)
        for index, each in enumerate(value):
            self._value(schema["items"], each, at=f"{at}[{index}]")


def _string(schema: Mapping[str, Any], value: Any, at: str) -> None:
    if not isinstance(value, str):
        raise _wrong(at, "TYPE_STRING", value)
    if "enum" in schema and value not in schema["enum"]:
        raise _wrong(at, str(schema.get("id", "TYPE_ENUM")), value)
    form = schema.get("format")
    if form == "byte" and not _base64(value):
        raise _wrong(at, "TYPE_BYTES", value)
    if form == "int64" and not re.fullmatch(r"-?\d{1,19}", value):
        raise _wrong(at, "TYPE_INT64", value)
    if form in ("google-datetime", "date-time") and not _timestamp(value):
        raise _wrong(at, "type.googleapis.com/google.protobuf.Timestamp", value)
    if form == "google-duration" and not _DURATION.fullmatch(value):
        raise _wrong(at, "type.googleapis.com/google.protobuf.Duration", value)
    if form == "google-fieldmask" and not all(_WORD.fullmatch(path) for path in value.split(",") if value):
        raise _wrong(at, "type.googleapis.com/google.protobuf.FieldMask", value)


def _integer(schema: Mapping[str, Any], value: Any, at: str) -> None:
    bits = _INT_RANGE.get(schema.get("format", "int32"), 31)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
        raise _wrong(at, f"TYPE_INT{bits + 1}", value)


def _number(_: Mapping[str, Any], value: Any, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(at, "TYPE_DOUBLE", value)


def _boolean(_: Mapping[str, Any], value: Any, at: str) -> None:
    if not isinstance(value, bool):
        raise _wrong(at, "TYPE_BOOL", value)


_SCALARS: Mapping[str, Callable[[Mapping[str, Any], Any, str], None]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def _base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _timestamp(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _wrong(at: str, kind: str, value: Any) -> GoogleError:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return invalid(f"Invalid value at '{at}' ({kind}), {shown}", field=at)
