"""What of the settings weakens trust, or cannot work where the program runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.signer_urls import KeyFile, SignerUrl
from bot.store_urls import SqliteUrl
from handlers.channel import Channel

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


def untrusted(
    values: Mapping[str, Any], environ: Mapping[str, str], channels: Sequence[Channel[Any]]
) -> list[str]:
    """Say what of the settings may not stand; each sentence begins with the name of a variable."""
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
    return problems + (_cloud_run_problems(values, environ) if on_cloud_run(environ) else [])


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


def on_cloud_run(environ: Mapping[str, str]) -> bool:
    """Cloud Run sets `K_SERVICE` in every service's container (Cloud Run's container contract)."""
    return bool(environ.get("K_SERVICE"))
