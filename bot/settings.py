"""The settings of the running program, read once from the environment.

Every problem is found before anything starts, and all of them are said at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from approvals.errors import CountersignError
from approvals.nearest import nearest
from bot import sweep_settings, unsupported
from bot.channels import CHANNELS
from bot.signer_urls import KeyFile, KeySecret, SignerUrl
from bot.store_urls import SqliteUrl, StoreUrl
from bot.variables import unquoted, variables
from handlers.channel import Channel
from handlers.settings import Secret, Variable


class SettingsError(CountersignError):
    """The environment cannot be used. Each problem names a variable, what is wrong and what to set."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_KEYS_ON_CLOUD_RUN = {
    "COUNTERSIGN_SIGNER": "secret:projects/PROJECT/secrets/SECRET/versions/latest, or iam: and a service account",
    "COUNTERSIGN_RECEIPT_SIGNER": "secret:projects/PROJECT/secrets/SECRET/versions/latest",
    "COUNTERSIGN_WEBHOOK_SIGNER": "secret:projects/PROJECT/secrets/SECRET/versions/latest",
}


_OWN_PLACES = {
    "COUNTERSIGN_RECEIPT_SIGNER": (
        ", whose old keys are dropped. Set a place of its own: receipts must verify for ever"
    ),
    "COUNTERSIGN_WEBHOOK_SIGNER": ". Set a place of its own: its keys are of another kind",
}


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
    secrets: tuple[Secret, ...]


Channels = Sequence[Channel[Any]]


def read(environ: Mapping[str, str], *, channels: Channels = CHANNELS) -> Settings:
    """Read everything that the service needs. Raises `SettingsError` with all problems at once."""
    values, problems = _values(environ, variables(channels))
    wrong = {problem.partition(":")[0] for problem in problems}
    problems += _trust_problems(values, environ, channels)
    problems += [problem for channel in channels for problem in channel.missing(values, wrong)]
    problems += sweep_settings.problems(values, wrong, service=environ.get("K_SERVICE", ""))
    if problems:
        raise SettingsError(tuple(problems))
    return Settings(
        **_local(values, environ),
        channels={channel.name: read for channel in channels if (read := channel.read(values)) is not None},
        pages_url=values["COUNTERSIGN_PAGES_URL"] or "",
        routes=values["COUNTERSIGN_ROUTES"],
        directory_users=bool(values["COUNTERSIGN_DIRECTORY_USERS"]),
        sweep_account=values["COUNTERSIGN_SWEEP_ACCOUNT"],
        api_url=values.get("COUNTERSIGN_API_URL"),
        secrets=tuple(value for value in values.values() if isinstance(value, Secret)),
    )


def read_local(environ: Mapping[str, str]) -> Local:
    """Read what the commands need that open no channel. Raises `SettingsError` with all problems at once."""
    values, problems = _values(environ, variables(CHANNELS))
    problems += _trust_problems(values, environ, CHANNELS)
    if problems:
        raise SettingsError(tuple(problems))
    return Local(**_local(values, environ))


def _values(environ: Mapping[str, str], known: Sequence[Variable]) -> tuple[dict[str, Any], list[str]]:
    given = {name: text.strip() for name, text in environ.items() if text.strip()}
    values: dict[str, Any] = {}
    names = [variable.name for variable in known]
    problems = [problem for name in sorted(given) if (problem := _name_problem(name, names))]
    for variable in known:
        text = given.get(variable.name, variable.default)
        try:
            values[variable.name] = variable.parse(text if variable.quotes else unquoted(text)) if text else None
        except ValueError as wrong:
            values[variable.name] = None
            problems.append(f"{variable.name}: {wrong}.")
    return values, problems


def _name_problem(name: str, known: Sequence[str]) -> str | None:
    if name in known:
        return None
    if why := unsupported.reason(name):
        return f"{name}: {why}."
    if name.startswith("COUNTERSIGN_"):
        near = nearest(name, known)
        return f"{name}: there is no such setting." + (f" Did you mean {near}?" if near else " Unset it.")
    return None


def _trust_problems(values: Mapping[str, Any], environ: Mapping[str, str], channels: Channels) -> list[str]:
    sandbox = values["COUNTERSIGN_SANDBOX"]
    problems = [] if sandbox else [problem for channel in channels for problem in channel.weak(values)]
    if values["GOOGLE_API_BASE_URL"] and not sandbox:
        problems.append(
            "GOOGLE_API_BASE_URL: it replaces Google. Unset it, or set COUNTERSIGN_SANDBOX=1 for a sandbox."
        )
    pages = values["COUNTERSIGN_PAGES_URL"]
    if pages and not pages.startswith("https://") and not sandbox:
        problems.append(
            "COUNTERSIGN_PAGES_URL: it is plain http."
            " Set an https address, or COUNTERSIGN_SANDBOX=1 for a sandbox."
        )
    if values["FIRESTORE_EMULATOR_HOST"] and not sandbox:
        problems.append(
            "FIRESTORE_EMULATOR_HOST: it replaces Firestore. Unset it, or set COUNTERSIGN_SANDBOX=1 for a sandbox."
        )
    problems += _signer_problems(values)
    return problems + (_cloud_run_problems(values, environ) if _on_cloud_run(environ) else [])


def _cloud_run_problems(values: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    problems = []
    if values["COUNTERSIGN_SANDBOX"]:
        problems.append("COUNTERSIGN_SANDBOX: Cloud Run refuses it, because it weakens trust. Unset it.")
    if isinstance(values["COUNTERSIGN_STORE"], SqliteUrl):
        problems.append(
            "COUNTERSIGN_STORE: Cloud Run loses an SQLite file with its instance."
            " Set firestore://PROJECT/DATABASE."
        )
    for name, instead in _KEYS_ON_CLOUD_RUN.items():
        if isinstance(values[name], KeyFile):
            problems.append(f"{name}: Cloud Run loses a key file with its instance. Set {instead}.")
    return problems + _proxy_problems(values, service=environ["K_SERVICE"])


def _proxy_problems(values: Mapping[str, Any], *, service: str) -> list[str]:
    """The proxy covers a service of Cloud Run whole, where that is what its assertions are for: Slack as well."""
    whole = any(audience.endswith(f"/services/{service}") for audience in values.get("IAP_AUDIENCE") or ())
    if not whole or values["COUNTERSIGN_ROUTES"] != "all" or values.get("SLACK_APP_TOKEN"):
        return []
    said = (
        f"COUNTERSIGN_ROUTES: Identity-Aware Proxy covers the whole service {service}, so Slack cannot reach it."
        " Set pages here, and run another service with COUNTERSIGN_ROUTES=public, as deploy/cloud-run.sh does;"
        " or set SLACK_APP_TOKEN for Socket Mode."
    )
    return [said]


def _signer_problems(values: Mapping[str, Any]) -> list[str]:
    """Keys of one purpose stand where no others do."""
    taken = {_place(values["COUNTERSIGN_SIGNER"]): "COUNTERSIGN_SIGNER"}
    problems = []
    for name, why in _OWN_PLACES.items():
        if values[name] is None:
            continue
        if other := taken.get(_place(values[name])):
            problems.append(f"{name}: it is where {other} is{why}.")
        taken.setdefault(_place(values[name]), name)
    return problems


def _place(url: SignerUrl | None) -> str:
    """Where the keys are, whichever version of them is meant."""
    return str(url).partition("/versions/")[0]


def _on_cloud_run(environ: Mapping[str, str]) -> bool:
    """Cloud Run sets `K_SERVICE` in every service's container (Cloud Run's container contract)."""
    return bool(environ.get("K_SERVICE"))


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
        "on_cloud_run": _on_cloud_run(environ),
    }
