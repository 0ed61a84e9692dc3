"""Secrets in Secret Manager (API v1): a version is read, and one more is added.

The service's account needs roles/secretmanager.secretAccessor on the secret; who adds a version, also
roles/secretmanager.secretVersionAdder.
"""

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from approvals.refusals.errors import CountersignError, Unavailable

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest, RestError


class SecretError(CountersignError):
    """A secret cannot be used; the text says what to mend. `missing`: there is no such version."""

    def __init__(self, text: str, *, missing: bool = False) -> None:
        super().__init__(text)
        self.missing = missing


class StoredSecret:
    """One version of a secret, `projects/P/secrets/S/versions/V`, and the secret that it belongs to."""

    def __init__(self, version: str, *, base_url: str | None) -> None:
        """Nothing is called yet. `base_url` leads to an emulator in place of Google."""
        self._version = version
        self._name = version.partition("/versions/")[0]
        self._base_url = base_url
        self._opened: Rest | None = None

    def read(self, *, timeout: float) -> tuple[str, bytes]:
        """The full name of the version that was read, and what it holds. Raises `SecretError` or `Unavailable`."""
        answer = self._call(
            lambda api: api.projects().secrets().versions().access(name=self._version),
            role="roles/secretmanager.secretAccessor",
            timeout=timeout,
        )
        name = str(answer.get("name", self._version))
        try:
            return name, base64.b64decode(answer["payload"]["data"])
        except (KeyError, TypeError, ValueError) as error:
            raise SecretError(f"secret:{name} came without data") from error

    def add(self, raw: bytes, *, timeout: float) -> str:
        """Add a version and return its name. Raises `SecretError` or `Unavailable`."""
        body = {"payload": {"data": base64.b64encode(raw).decode()}}
        answer = self._call(
            lambda api: api.projects().secrets().addVersion(parent=self._name, body=body),
            role="roles/secretmanager.secretVersionAdder",
            timeout=timeout,
        )
        return str(answer.get("name", self._name))

    def _call(self, prepare: Callable[[Any], Any], *, role: str, timeout: float) -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            return self._rest().call(prepare, timeout=timeout)
        except RestError as error:
            raise self._meaning(error, role=role) from error

    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        if self._opened is None:
            self._opened = Rest("secretmanager", "v1", base_url=self._base_url)
        return self._opened

    def _meaning(self, error: "RestError", *, role: str) -> SecretError | Unavailable:
        if error.code in (401, 403):
            return SecretError(f"{self._name} is closed to this service: grant its account {role} on it ({error})")
        if error.code == 404:
            return SecretError(
                f"there is no {self._version}: create the secret and a version ({error})", missing=True
            )
        if error.code == 400:
            return SecretError(f"{self._version} cannot be used: {error}")
        return Unavailable(f"{self._version} cannot be read now: {error}")
