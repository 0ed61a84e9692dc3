"""What asks Google for a command. The service's own are in `compose`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from approvals.backends import google_credentials, google_examining, logs_examining, topics_examining
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.google_examining import Asked
from approvals.backends.google_look import GoogleLook
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.granters.routed import Routed
from approvals.ports.examining import Diagnosis
from approvals.ports.targets import Binding

if TYPE_CHECKING:
    from approvals.policy.live import Cloud
    from approvals.ports.catalog import Catalog
    from approvals.ports.people import Directory
    from approvals.ports.targets import Granter

__all__ = [
    "Asked",
    "Examine",
    "account",
    "anything",
    "bindings",
    "caller",
    "catalog",
    "cloud",
    "directory",
    "examinations",
    "granter",
    "topic",
]

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


def account(*, base_url: str | None, timeout: float) -> str:
    """Whom Google knows this service as; nobody where an emulator stands for Google. Raises as the other does."""
    return "" if base_url else google_credentials.account(timeout=timeout)


def bindings(resource: str, *, base_url: str | None, timeout: float) -> Sequence[Binding]:
    """What stands in a resource's IAM policy. Raises a `GranterError`."""
    return GoogleIam(base_url=base_url).read(resource, timeout=timeout, reason="countersign doctor").bindings


def granter(*, base_url: str | None) -> "Granter":
    """What reads and writes IAM policies and groups. Raises `CredentialsError` at once."""
    if not base_url:
        google_credentials.find()
    return Routed(iam=GoogleIam(base_url=base_url), groups=GoogleGroups(base_url=base_url))


def catalog(*, base_url: str | None) -> "Catalog":
    """What says what IAM offers. Raises `CredentialsError` at once."""
    if not base_url:
        google_credentials.find()
    return AssetInventory(base_url=base_url)


def anything(*, base_url: str | None) -> str:
    """An address that Google answers in whatever way: its answer says what time it is there."""
    return f"{base_url}/" if base_url else "https://www.googleapis.com/"


def examinations(*, audit_logs: bool = False) -> "Mapping[str, Examine]":
    """What is examined at Google, by the name that its diagnoses have; of audit logs only where they are read."""
    found: dict[str, Examine] = {google_examining.CLOUD: google_examining.cloud}
    found[google_examining.ASSET] = google_examining.asset
    found[google_examining.DIRECTORY] = google_examining.directory
    return found | ({logs_examining.PART: logs_examining.logs} if audit_logs else {})


def topic(name: str, *, base_url: str | None, timeout: float) -> Diagnosis | None:
    """What is wrong with publishing to a topic; None where nothing is."""
    return topics_examining.topic(name, base_url=base_url, timeout=timeout)
