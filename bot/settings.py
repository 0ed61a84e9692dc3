"""The settings of the running program, read once from the environment.

Every problem is found before anything starts, and all of them are said at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from approvals.refusals.errors import CountersignError
from bot.channels import CHANNELS
from bot.partly import Channels, Partly, partly
from bot.signer_urls import KeyFile, KeySecret, SignerUrl
from bot.store_urls import StoreUrl
from bot.telemetry import settings as telemetry
from bot.telemetry.otlp import Collector
from bot.trust import on_cloud_run
from handlers.settings import Secret


class SettingsError(CountersignError):
    """The environment cannot be used. Each problem names a variable, what is wrong and what to set."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Local(msgspec.Struct, frozen=True, kw_only=True):
    """What the commands on the store, the policy and the keys need: everything but the channels' settings."""

    policy: Path
    store: StoreUrl
    firestore_emulator_host: str | None
    signer: SignerUrl
    receipt_signer: KeyFile | KeySecret | None
    webhook_signer: KeyFile | KeySecret | None
    sandbox: bool
    port: int
    log_level: str
    google_api_base_url: str | None
    on_cloud_run: bool


class Settings(Local, frozen=True, kw_only=True):
    """What `countersign serve` needs. `channels` holds the settings of each channel that is set up, by name."""

    channels: Mapping[str, Any]
    pages_url: str
    routes: str
    directory_users: bool
    sweep_account: str | None
    api_url: str | None
    log_activations: bool
    notification_topic: str
    collector: Collector
    audit_logs: bool
    secrets: tuple[Secret, ...]


def read(environ: Mapping[str, str], *, channels: Channels = CHANNELS) -> Settings:
    """Read everything that the service needs. Raises `SettingsError` with all problems at once."""
    values = _usable(partly(environ, channels=channels, opened=channels))
    return Settings(
        **_local(values, environ),
        channels={channel.name: read for channel in channels if (read := channel.read(values)) is not None},
        pages_url=values["COUNTERSIGN_PAGES_URL"] or "",
        routes=values["COUNTERSIGN_ROUTES"],
        directory_users=bool(values["COUNTERSIGN_DIRECTORY_USERS"]),
        sweep_account=values["COUNTERSIGN_SWEEP_ACCOUNT"],
        api_url=values.get("COUNTERSIGN_API_URL"),
        log_activations=bool(values["COUNTERSIGN_LOG_ACTIVATIONS"]),
        notification_topic=values["NOTIFICATION_TOPIC"] or "",
        collector=telemetry.collector(values),
        audit_logs=bool(values["COUNTERSIGN_AUDIT_LOGS"]),
        secrets=(
            *(value for value in values.values() if isinstance(value, Secret)),
            *telemetry.secrets(values),
        ),
    )


def read_local(environ: Mapping[str, str]) -> Local:
    """Read what the commands need that open no channel. Raises `SettingsError` with all problems at once."""
    return Local(**_local(_usable(partly(environ, channels=CHANNELS, opened=())), environ))


def _usable(found: Partly) -> Mapping[str, Any]:
    if found.problems:
        raise SettingsError(found.problems)
    return found.values


def _local(values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "policy": values["COUNTERSIGN_POLICY"],
        "store": values["COUNTERSIGN_STORE"],
        "firestore_emulator_host": values["FIRESTORE_EMULATOR_HOST"],
        "signer": values["COUNTERSIGN_SIGNER"],
        "receipt_signer": values["COUNTERSIGN_RECEIPT_SIGNER"],
        "webhook_signer": values["COUNTERSIGN_WEBHOOK_SIGNER"],
        "sandbox": bool(values["COUNTERSIGN_SANDBOX"]),
        "port": values["PORT"],
        "log_level": values["LOG_LEVEL"],
        "google_api_base_url": values["GOOGLE_API_BASE_URL"],
        "on_cloud_run": on_cloud_run(environ),
    }
