"""Google's Terraform provider as far as its schema goes, for a real Terraform: it makes nothing and calls nobody.

The provider itself is not to be had by a package's name. CDK for Terraform publishes its schema, release by
release, as TypeScript (`npm install @cdktf/provider-google-beta`): every attribute and block by Terraform's own
name, its type, and whether it has to be there. That is read here and served as a provider serves it, in
the words of its protocol (https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol, version 6).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc  # type: ignore[import-untyped]

ADDRESS = "registry.terraform.io/hashicorp/google-beta"
_INTERFACE = re.compile(r"^export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"#(\w+) \w+#\w+\}\s+\*/\s+readonly (\w+)(\??): ([^;]+);", re.DOTALL)
_GETTER = re.compile(r"this\.get(String|Number|Boolean)Attribute\('(\w+)'\)")
_TYPES = {"string": "string", "number": "number", "boolean": "bool"}


class Attribute(NamedTuple):
    """A value; `type` is as the protocol writes it. What has no place in a configuration is only computed."""

    type: Any
    required: bool = False
    optional: bool = True


class Block(NamedTuple):
    """Attributes, and blocks in it: each with whether it has to be there and whether there may be several."""

    attributes: dict[str, Attribute]
    blocks: dict[str, tuple["Block", bool, bool]]


def schema(package: Path, name: str) -> Block:
    """Of a resource such as `google_service_account`, or a data source such as `data.google_project`."""
    folder = package / "lib" / name.replace(".", "-").replace("_", "-")
    text = (folder / "index.d.ts").read_text()
    bodies = {found[1]: found[2] for found in _INTERFACE.finditer(text)}
    (top,) = (each for each in bodies if each.endswith("Config") and bodies[each] and _is_top(text, each))
    block = _block(bodies, top)
    own = re.split(r"extends cdktf\.Terraform(?:Resource|DataSource) \{", (folder / "index.js").read_text())[1]
    for kind, attribute in _GETTER.findall(own):
        if attribute not in block.blocks:
            block.attributes.setdefault(attribute, Attribute(_TYPES[kind.lower()], optional=False))
    return block


def _is_top(text: str, name: str) -> bool:
    return f"export interface {name} extends cdktf.TerraformMetaArguments" in text


def _block(bodies: Mapping[str, str], name: str) -> Block:
    block = Block({}, {})
    for tf_name, _, optional, written in _MEMBER.findall(bodies[name]):
        kind = written.partition(" | ")[0].strip()
        single = kind.removesuffix("[]")
        if single in bodies:
            block.blocks[tf_name] = (_block(bodies, single), not optional, single != kind)
            continue
        of = _TYPES.get(single, "string")
        found = ["map", "string"] if kind.startswith("{") else of if single == kind else ["list", of]
        block.attributes[tf_name] = Attribute(found, required=not optional, optional=bool(optional))
    return block


# --- the protocol


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _flag(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value) if value else b""


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _attribute(name: str, value: Attribute) -> bytes:
    computed = not value.required
    return (
        _bytes(1, name.encode())
        + _bytes(2, json.dumps(value.type).encode())
        + _flag(4, value.required)
        + _flag(5, value.optional)
        + _flag(6, computed)
    )


def _nested(name: str, value: tuple[Block, bool, bool]) -> bytes:
    block, required, several = value
    limits = _flag(4, required) + _flag(5, 0 if several else 1)
    return _bytes(1, name.encode()) + _bytes(2, _written(block)) + _flag(3, 2) + limits


def _written(block: Block) -> bytes:
    attributes = b"".join(_bytes(2, _attribute(name, each)) for name, each in block.attributes.items())
    return attributes + b"".join(_bytes(3, _nested(name, each)) for name, each in block.blocks.items())


def _entry(number: int, name: str, block: Block) -> bytes:
    return _bytes(number, _bytes(1, name.encode()) + _bytes(2, _bytes(2, _written(block))))


def answer(package: Path, names: Sequence[str]) -> bytes:
    """GetProviderSchema.Response: the provider takes no configuration, and these are its kinds."""
    said = _bytes(1, _bytes(2, b"")) + _bytes(6, _flag(2, 1))  # which is asked for once
    for name in names:
        data, _, of = name.rpartition("data.")
        said += _entry(3 if "data." in name else 2, of or data, schema(package, name))
    return said


class _Provider(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Says its schema, and to all else that nothing is wrong."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def service(self, details: Any) -> Any:
        service, _, method = details.method.rpartition("/")
        if service != "/tfplugin6.Provider" or method == "GetMetadata":
            return None  # as older providers: the schema says it all
        said = self._said if method == "GetProviderSchema" else b""
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: said)


@contextmanager
def serving(package: Path, names: Sequence[str], pid: int) -> Iterator[Mapping[str, str]]:
    """Serve it; the variables by which Terraform finds it instead of installing one."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([_Provider(answer(package, names))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    attach = {
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": pid,
        "Test": True,
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: attach})}
    finally:
        server.stop(None)
