"""Writes sbom.cdx.json: what is in the image, as CycloneDX says it. With `--check` it only compares.

The file has no date and no number of its own, so that the same lock makes the same bytes.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

import bot
from tools.notices import LOCK, ROOT, licence, pins

SBOM = ROOT / "sbom.cdx.json"
_BASE = re.compile(r"^FROM (?P<name>[a-z]+):(?P<tag>\S+)@(?P<digest>sha256:[0-9a-f]{64})$", re.MULTILINE)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==.*\\\n((?: +--hash=sha256:[0-9a-f]{64}.*\n)+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_CHANGING = ("serialNumber", "timestamp")


def hashes(lock: str) -> dict[str, list[str]]:
    """The SHA-256 of each file that a lock lets be installed, by the distribution's name."""
    return {name: _HASH.findall(lines) for name, lines in _PIN.findall(lock)}


def distribution(name: str, version: str, files: Collection[str]) -> Component:
    """One locked distribution, of which one of these files is installed, by their SHA-256.

    Raises `PackageNotFoundError` when it is not installed, and `ValueError` where any file would do.
    """
    if not files:
        raise ValueError(f"the lock has no hash of {name}")
    metadata = importlib.metadata.metadata(name)
    fields = {field: metadata[field] for field in ("Name", "License-Expression", "License") if field in metadata}
    stated = licence(fields, metadata.get_all("Classifier") or [])
    component = Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name, version=version),
        bom_ref=f"pkg:pypi/{name}@{version}",
    )
    component.licenses.add(LicenseFactory().make_from_string(stated))
    component.external_references.add(
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"https://pypi.org/simple/{name}/"),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in files],
        )
    )
    return component


def base(dockerfile: str) -> Component:
    """The image that ours is made on. Raises `ValueError` where it is not pinned by its digest."""
    found = _BASE.search(dockerfile)
    if found is None:
        raise ValueError("the Dockerfile's base has no digest")
    purl = PackageURL("docker", name=found["name"], version=found["digest"], qualifiers={"tag": found["tag"]})
    return Component(
        name=found["name"], version=found["tag"], type=ComponentType.CONTAINER, purl=purl, bom_ref=purl.to_string()
    )


def document() -> str:
    """The whole bill of materials as JSON."""
    bom = Bom()
    bom.metadata.component = Component(
        name="countersign", version=bot.__version__, type=ComponentType.APPLICATION, bom_ref="countersign"
    )
    bom.components.add(base((ROOT / "Dockerfile").read_text()))
    lock = LOCK.read_text()
    files = hashes(lock)
    for name, version in sorted(pins(lock).items()):
        bom.components.add(distribution(name, version, files.get(name, ())))
    bom.register_dependency(bom.metadata.component, bom.components)
    return json.dumps(_settled(json.loads(JsonV1Dot6(bom).output_as_string())), indent=1, sort_keys=True) + "\n"


def _settled(made: Any) -> Any:
    """Without what differs from one making to the next."""
    if isinstance(made, dict):
        return {key: _settled(value) for key, value in made.items() if key not in _CHANGING}
    return [_settled(each) for each in made] if isinstance(made, list) else made


def main(path: Path = SBOM) -> int:
    wanted = document()
    if "--check" not in sys.argv[1:]:
        path.write_text(wanted)
        return 0
    if path.exists() and path.read_text() == wanted:
        return 0
    sys.stderr.write(f"{path.name} is stale: run python tools/sbom.py\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
