"""The payments application of `examples/payments` in the demo: its key, its place in the policy, its process."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
KEY = "payments.jwk"
LEDGER = "payments.db"
POLICY = "policy.yaml"
SIGNALS = """\
signals:
  - id: sign-in
    issuer: {transmitter}
    jwks_uri: {transmitter}/jwks.json
    audience: https://approvals.example.com/signals
"""


def write_policy(state: Path, *, sandbox: str, port: int) -> None:
    """Write the demo's policy with a new key of the application's, and that key beside it.

    `port` is the application's, where it is told of decisions. `sandbox` is where its issuer and its transmitter
    of signals are.

    Raises `subprocess.CalledProcessError` where no key can be made.
    """
    made = [sys.executable, "-m", "bot", "app", "new", "payments", "--key", str(state / KEY)]
    (state / KEY).unlink(missing_ok=True)
    said = subprocess.run(made, cwd=EXAMPLES.parent, capture_output=True, text=True, check=True).stdout
    public = next(line.strip().removeprefix("- ") for line in said.splitlines() if '"kty"' in line)
    stanza = (EXAMPLES / "payments" / "policy.yaml").read_text()
    hook = f"http://127.0.0.1:{port}/hooks/countersign"
    for place, value in {
        ": ISSUER\n": f": {sandbox}/oidc\n",
        "[KEY]": f"[{public}]",
        ": HOOK ": f": {hook} ",
    }.items():
        stanza = stanza.replace(place, value)
    signals = SIGNALS.format(transmitter=f"{sandbox}/transmitter")
    (state / POLICY).write_text(f"{(EXAMPLES / 'policy.yaml').read_text()}\n{stanza}\n{signals}")


def command() -> list[str]:
    """What starts it."""
    return [sys.executable, str(EXAMPLES / "payments")]


def environment(state: Path, *, port: int, issuer: str, service: Mapping[str, str]) -> dict[str, str]:
    """What it is started with, beside what every program has."""
    return {
        "PAYMENTS_PORT": str(port),
        "PAYMENTS_ISSUER": issuer,
        "PAYMENTS_KEY": str(state / KEY),
        "PAYMENTS_LEDGER": str(state / LEDGER),
        "COUNTERSIGN_API_URL": service["COUNTERSIGN_API_URL"],
    }
