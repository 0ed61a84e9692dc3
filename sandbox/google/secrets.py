"""Secrets and their versions, as Secret Manager keeps them.

Source: https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions.
"""

import base64
import threading
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sandbox.google.errors import GoogleError, invalid

LARGEST = 64 * 1024
"""Bytes that one version holds at most."""

_CASTAGNOLI = 0x82F63B78


class Version(msgspec.Struct, kw_only=True):
    """One version. Its data never changes, its state may."""

    data: bytes
    created: str
    state: Literal["ENABLED", "DISABLED", "DESTROYED"] = "ENABLED"


class Secrets:
    """Every secret by its name `projects/P/secrets/S`; version N is the Nth that was added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, list[Version]] = {}

    def create(self, secret: str) -> None:
        """Make a secret without a version."""
        with self._lock:
            self._secrets[secret] = []

    def versions(self, secret: str) -> list[Version]:
        """Return the versions, oldest first; a change of a state takes effect."""
        with self._lock:
            return list(self._secrets[secret])

    def add(self, secret: str, payload: Mapping[str, Any], *, created: str) -> dict[str, Any]:
        """Add a version as `addVersion` does, or raise what it answers."""
        data = base64.b64decode(payload.get("data") or "")
        if not data:
            raise invalid("Secret Payload cannot be empty.", field="payload.data")
        if len(data) > LARGEST:
            raise invalid(f"Secret Payload is larger than {LARGEST} bytes.", field="payload.data")
        if "dataCrc32c" in payload and int(payload["dataCrc32c"]) != crc32c(data):
            raise invalid("Secret Payload does not match its checksum.", field="payload.data_crc32c")
        with self._lock:
            versions = self._of(secret)
            versions.append(Version(data=data, created=created))
            number = len(versions)
        return {
            "name": f"{secret}/versions/{number}",
            "createTime": created,
            "state": "ENABLED",
            "replicationStatus": {"automatic": {}},
            "clientSpecifiedPayloadChecksum": "dataCrc32c" in payload,
        }

    def access(self, name: str) -> dict[str, Any]:
        """Give a version's data by its number or as `latest`, or raise what `access` answers."""
        secret, _, wanted = name.rpartition("/versions/")
        with self._lock:
            versions = self._of(secret)
            number = len(versions) if wanted == "latest" else int(wanted) if wanted.isdecimal() else 0
            if not 0 < number <= len(versions):
                raise GoogleError(404, f"Secret Version [{name}] not found.")
            version = versions[number - 1]
        if version.state != "ENABLED":
            raise _not_enabled(f"{secret}/versions/{number}", version.state)
        payload = {"data": base64.b64encode(version.data).decode(), "dataCrc32c": str(crc32c(version.data))}
        return {"name": f"{secret}/versions/{number}", "payload": payload}

    def _of(self, secret: str) -> list[Version]:
        if secret not in self._secrets:
            raise GoogleError(404, f"Secret [{secret}] not found.")
        return self._secrets[secret]


def crc32c(data: bytes) -> int:
    """The CRC-32C (RFC 3720 appendix B.4) of the data."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _not_enabled(name: str, state: str) -> GoogleError:
    return GoogleError(400, f"Secret Version [{name}] is in {state} state.", status="FAILED_PRECONDITION")
