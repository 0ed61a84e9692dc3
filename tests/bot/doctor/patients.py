"""An installation beside a sandbox in which everything is well, until a test makes one thing wrong."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from approvals.backends.signers.file import create_keys
from approvals.backends.signers.purposes import RECEIPTS, TOKENS
from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.examining import Diagnosis
from approvals.ports.store import StoredPolicy
from bot.doctor.examination import examined
from bot.doctor.parts import Installation
from sandbox.app import Sandbox
from tests.support.shop import POLICY

SOUND = POLICY.replace("roles/compute.instanceAdmin.v1", "roles/cloudsql.editor")
"""Nothing of it is warned of."""

ALONE = """\
version: 1
identity: {domains: [example.com]}
defaults:
  duration: {default: 1h, max: 4h}
  pending: 1h
  channel: "#access"
entitlements:
  - id: friday
    title: Deploy on Friday
    grant: none
    requesters: ["user:alice@example.com"]
    approval:
      - {approvers: ["user:bob@example.com"], needed: 1}
"""
"""It grants nothing at all."""

EXCUSED = {"settings.sandbox", "settings.weak"}
"""What is unsafe about a sandbox, and that alone."""


def now() -> datetime:
    return datetime.now(UTC)


class Patient:
    """An installation that has run already. `environ` is its own to change."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box, self.folder = box, folder
        self.policy, self.store, self.keys = folder / "policy.yaml", folder / "store.db", folder / "tokens.jwk"
        self.in_force(SOUND)
        create_keys(self.keys, now=now(), purpose=TOKENS)
        create_keys(folder / "receipts.jwk", now=now(), purpose=RECEIPTS)
        self.environ = {
            "SLACK_BOT_TOKEN": box.bot_token,
            "SLACK_SIGNING_SECRET": box.signing_secret,
            "SLACK_API_URL": box.slack_api_url,
            "GOOGLE_API_BASE_URL": box.google_api_url,
            "COUNTERSIGN_SANDBOX": "1",
            "COUNTERSIGN_POLICY": str(self.policy),
            "COUNTERSIGN_STORE": f"sqlite:///{self.store}",
            "COUNTERSIGN_SIGNER": f"file:{self.keys}",
            "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}",
        }

    def in_force(self, text: str) -> None:
        """Write the policy, and have it in force."""
        self.policy.write_text(text)
        store = open_sqlite(self.store, now=now())
        kept = StoredPolicy(digest=digest_of(text), text=text, source=str(self.policy), loaded_at=now())
        store.keep(kept)
        store.close()

    def look(
        self,
        changed: Mapping[str, str] = {},
        /,
        *,
        within: float = 60.0,
        clock: Callable[[], datetime] = now,
        **changes: str,
    ) -> list[Diagnosis]:
        """Everything that is found with some settings changed."""
        environ = {**self.environ, **changed, **changes}
        installation = Installation({name: value for name, value in environ.items() if value}, clock=clock)
        with installation.closed_afterwards():
            return [each for part in examined(installation.parts(), within=within) for each in part]

    def ills(
        self,
        changed: Mapping[str, str] = {},
        /,
        *,
        within: float = 60.0,
        clock: Callable[[], datetime] = now,
        **changes: str,
    ) -> list[tuple[str, str]]:
        """Code and verdict of all that is not well, but for what is unsafe about a sandbox."""
        seen = self.look({**changed, **changes}, within=within, clock=clock)
        return [(each.code, each.verdict) for each in seen if each.verdict != "ok" and each.code not in EXCUSED]


class Timed:
    """How long a block took."""

    def __enter__(self) -> "Timed":
        self._begun = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._begun


def facts(found: list[Diagnosis], code: str) -> Mapping[str, str]:
    """The facts of the only diagnosis of a code."""
    (only,) = [each for each in found if each.code == code]
    return only.facts
