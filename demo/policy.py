"""The demo's policy: that of the examples, with an application and an agent, each with a new key of its own."""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FILE = "policy.yaml"
_SIGNALS = """\
signals:
  - id: sign-in
    issuer: {transmitter}
    jwks_uri: {transmitter}/jwks.json
    audience: https://approvals.example.com/signals
"""


def write(state: Path, *, sandbox: str, port: int) -> None:
    """Write the policy, and the private keys beside it.

    `port` is where the application is told of decisions. `sandbox` is where its issuer and its transmitter of
    signals are.

    Raises `subprocess.CalledProcessError` where no key can be made.
    """
    hook = f"http://127.0.0.1:{port}/hooks/countersign"
    payments = {
        ": ISSUER\n": f": {sandbox}/oidc\n",
        "[KEY]": f"[{_key(state, 'payments')}]",
        ": HOOK ": f": {hook} ",
    }
    stanzas = [_filled("payments", payments), _filled("agent", {"[KEY]": f"[{_key(state, 'assistant')}]"})]
    signals = _SIGNALS.format(transmitter=f"{sandbox}/transmitter")
    (state / FILE).write_text(f"{(EXAMPLES / FILE).read_text()}\n{_joined(stanzas)}\n{signals}")


def private_key(state: Path, application: str) -> Path:
    """The file of an application's private key."""
    return state / f"{application}.jwk"


def _key(state: Path, application: str) -> str:
    """Make a new key, and return the line of the policy that names it."""
    place = private_key(state, application)
    place.unlink(missing_ok=True)
    made = [sys.executable, "-m", "bot", "app", "new", application, "--key", str(place)]
    said = subprocess.run(made, cwd=EXAMPLES.parent, capture_output=True, text=True, check=True).stdout
    return next(line.strip().removeprefix("- ") for line in said.splitlines() if '"kty"' in line)


def _filled(example: str, values: Mapping[str, str]) -> str:
    stanza = (EXAMPLES / example / FILE).read_text()
    for place, value in values.items():
        stanza = stanza.replace(place, value)
    return stanza


def _joined(stanzas: Iterable[str]) -> str:
    """One text in which each section stands once, with what every stanza has in it."""
    sections: dict[str, str] = {}
    for stanza in stanzas:
        for name, lines in re.findall(r"^(\w+:\n)((?: .*\n|\n)*)", stanza, flags=re.MULTILINE):
            sections[name] = sections.get(name, "") + lines.strip("\n") + "\n"
    return "\n".join(name + lines for name, lines in sections.items())
