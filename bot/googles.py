"""What asks Google for a command. The service's own are in `compose`."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from approvals.backends import google_credentials, google_examining
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.google_examining import Asked
from approvals.backends.google_look import GoogleLook
from approvals.ports.examining import Diagnosis

if TYPE_CHECKING:
    from approvals.policy.live import Cloud
    from approvals.ports.people import Directory

__all__ = ["Asked", "Examine", "anything", "caller", "cloud", "directory", "examinations"]

Examine = Callable[[Asked], Iterator[Diagnosis]]


def directory(*, base_url: str | None) -> "Directory":
    return CloudIdentity(base_url=base_url)


def caller(*, base_url: str | None) -> GoogleLook:
    """What Google tells whoever calls it of their own permissions. Raises `CredentialsError` at once."""
    if not base_url:
        google_credentials.find()
    return GoogleLook(base_url=base_url)


def cloud(*, base_url: str | None) -> "Cloud":
    """Raises `CredentialsError` before anything is asked, in place of one problem for each question."""
    return caller(base_url=base_url)


def anything(*, base_url: str | None) -> str:
    """An address that Google answers in whatever way: its answer says what time it is there."""
    return f"{base_url}/" if base_url else "https://www.googleapis.com/"


def examinations() -> "Mapping[str, Examine]":
    """What is examined at Google, by the name that its diagnoses have."""
    return {google_examining.CLOUD: google_examining.cloud, google_examining.DIRECTORY: google_examining.directory}
