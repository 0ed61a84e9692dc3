"""Reads the file by which JIT Access was deployed: App Engine's app.yaml, or Cloud Run's service.

Sources: App Engine, "app.yaml configuration file"; Cloud Run, "YAML reference" (the form of Knative, version 1).
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
import yaml

from approvals.policy.reading.composing import SIZE_LIMIT, compose
from approvals.policy.reading.document import PolicyError, Problem, Reader, problem_at, shown

Platform = Literal["App Engine", "Cloud Run"]

_EMPTY = "the file is empty; name the app.yaml or the service's YAML by which JIT Access was deployed"
_NEITHER = (
    "this is neither an app.yaml of App Engine (with env_variables) nor a service of Cloud Run (kind: Service);"
    " print one by: gcloud run services describe NAME --format=yaml"
)


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What a variable is set to, and on which line. `secret`: where the platform has it from (`NAME:VERSION`)."""

    name: str
    line: int
    text: str = ""
    secret: str = ""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """Where JIT Access runs and with which variables, by name. `elsewhere` says where more may be set."""

    source: str
    platform: Platform
    values: dict[str, Value]
    elsewhere: tuple[Value, ...] = ()

    def text(self, name: str) -> str:
        """What a variable is set to; blank is not set, as there."""
        found = self.values.get(name)
        return found.text.strip() if found else ""


def read(raw: bytes, *, source: str) -> Deployment:
    """Read a file. Raises `PolicyError` with every problem at once, each with its place."""
    reader = Reader(source)
    if len(raw) > SIZE_LIMIT:
        text = "the file is larger than 1 MiB, which no file of a deployment is"
        raise PolicyError([Problem(path=source, line=1, col=1, code="too-large", text=text)])
    if not raw.strip():
        raise PolicyError([Problem(path=source, line=1, col=1, code="empty", text=_EMPTY)])
    node = compose(raw, reader)
    found = _deployment(reader, node, source) if node is not None else None
    if found is None or reader.problems:
        raise PolicyError(reader.problems)
    return found


def _deployment(reader: Reader, node: yaml.Node, source: str) -> Deployment | None:
    top = reader.entries(node, "the file")
    if top is None:
        return None
    if "env_variables" in top or "runtime" in top:
        return _app_engine(reader, top, source)
    if "spec" in top and "kind" in top and top["kind"][1].value == "Service":
        return _cloud_run(reader, top["spec"][1], source)
    reader.refuse(node, "no-deployment", _NEITHER)
    return None


def _app_engine(reader: Reader, top: dict[str, tuple[yaml.Node, yaml.Node]], source: str) -> Deployment:
    values: dict[str, Value] = {}
    given = reader.entries(top["env_variables"][1], "env_variables") if "env_variables" in top else None
    for name, (key, node) in (given or {}).items():
        text = _scalar(reader, node, name)
        if text is not None:
            values[name] = Value(name=name, line=_line(key), text=text)
    includes = top.get("includes")
    more = Value(name="includes", line=_line(includes[0])) if includes else None
    return Deployment(
        source=source, platform="App Engine", values=values, elsewhere=(more,) if more is not None else ()
    )


def _cloud_run(reader: Reader, spec: yaml.Node, source: str) -> Deployment:
    values: dict[str, Value] = {}
    for node in _variables(reader, spec):
        value = _variable(reader, node)
        if value is None:
            continue
        if value.name in values:
            first = values[value.name].line
            reader.refuse(node, "duplicate-key", f"{shown(value.name)} is set already on line {first}")
        else:
            values[value.name] = value
    return Deployment(source=source, platform="Cloud Run", values=values)


def _variables(reader: Reader, spec: yaml.Node) -> Iterator[yaml.Node]:
    """The entries of `spec.template.spec.containers[].env`."""
    inner = _inside(reader, _inside(reader, spec, "template"), "spec")
    containers = _inside(reader, inner, "containers")
    if containers is None:
        return
    for container in reader.items(containers, "containers") or ():
        found = (reader.entries(container, "a container") or {}).get("env")
        yield from (reader.items(found[1], "env") or ()) if found else ()


def _inside(reader: Reader, node: yaml.Node | None, key: str) -> yaml.Node | None:
    if node is None:
        return None
    found = reader.entries(node, f"what holds {key}")
    if found is not None and key not in found:
        reader.refuse(node, "missing-key", f"a service of Cloud Run has {shown(key)} here")
    return found[key][1] if found and key in found else None


def _variable(reader: Reader, node: yaml.Node) -> Value | None:
    found = _having(reader, node, "an entry of env", "name")
    name = reader.string(found["name"], "name") if found else None
    if found is None or name is None:
        return None
    if "valueFrom" in found:
        return Value(name=name, line=_line(node), secret=_secret(reader, found["valueFrom"]))
    text = _scalar(reader, found["value"], name) if "value" in found else ""
    return None if text is None else Value(name=name, line=_line(node), text=text)


def _secret(reader: Reader, node: yaml.Node) -> str:
    reference = _inside(reader, node, "secretKeyRef")
    found = _having(reader, reference, "secretKeyRef", "name", "key") if reference is not None else None
    return ":".join(_scalar(reader, found[key], key) or "" for key in ("name", "key")) if found else ""


def _having(reader: Reader, node: yaml.Node, what: str, *keys: str) -> dict[str, yaml.Node] | None:
    """Read a mapping that has these keys, and maybe others."""
    found = {key: value for key, (_, value) in (reader.entries(node, what) or {}).items()}
    return found if isinstance(node, yaml.MappingNode) and reader.required(node, found, what, *keys) else None


def _scalar(reader: Reader, node: yaml.Node, name: str) -> str | None:
    """A value as it is written: both platforms make a text of a number, or of true."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    reader.refuse(node, "wrong-type", f"{shown(name)} must be one value, not a list or a mapping")
    return None


def _line(node: yaml.Node) -> int:
    return problem_at(node, "", "", "").line
