"""What asks Google for a command. The service's own are in `compose`."""

from typing import TYPE_CHECKING

from approvals.backends import google_credentials
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.google_look import GoogleLook

if TYPE_CHECKING:
    from approvals.policy.live import Cloud
    from approvals.ports.people import Directory


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
