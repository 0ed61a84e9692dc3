"""The CPU that one outbound Slack call costs: ours against a `WebClient` as its documentation makes it.

Calls go over TLS to a server of loopback, whose certificate is trusted beside the machine's own authorities.
"""

import ipaddress
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from slack_sdk import WebClient

from approvals.backends import calls
from bench.figures import Figure, ratio
from bench.people import TOKEN
from bench.processes import LOAD_CORE, PYTHON, SERVER_CORE, pinned, running
from handlers.slack.client import SlackApi

_ROUNDS = 5
_CALLS = 15


def measure(folder: Path) -> list[Figure]:
    """CPU seconds of the calling thread, in interleaved rounds."""
    log = folder / "outbound.log"
    pem, trusted = _certificate(folder)
    command = [PYTHON, "-m", "bench.outside", "0", "0", str(pem)]
    with running(command, environ={}, log=log, core=LOAD_CORE) as slack:
        url = f"https://127.0.0.1:{slack.port}/api/"
        environ = {**os.environ, "SSL_CERT_FILE": str(trusted)}
        caller = pinned([PYTHON, "-m", "bench.outbound", url], SERVER_CORE)
        said = subprocess.run(caller, env=environ, check=True, capture_output=True, text=True).stdout
    ours, theirs = ([float(part) for part in line.split()] for line in said.splitlines())
    return [
        ratio(
            "CPU of one outbound Slack call / a default WebClient",
            ours,
            theirs,
            target=0.15,
            baseline="default WebClient",
        )
    ]


def _call() -> None:
    """Runs in a process of its own, which trusts the certificate."""
    api = SlackApi(token=TOKEN, send=calls.send, base_url=sys.argv[1])
    default = WebClient(token=TOKEN, base_url=sys.argv[1])
    both: tuple[Callable[[], object], ...] = (
        lambda: api.form("users.info", timeout=5.0, user="U0ASK00000"),
        lambda: default.users_info(user="U0ASK00000"),
    )
    rounds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS + 1):
        for call, taken in zip(both, rounds, strict=True):
            started = time.thread_time()
            for _ in range(_CALLS):
                call()
            taken.append((time.thread_time() - started) / _CALLS)
    for taken in rounds:
        print(*taken[1:])


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 with its key, and the file of everything that is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    pem, trusted = folder / "server.pem", folder / "trusted.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + public)
    own = ssl.get_default_verify_paths().cafile
    trusted.write_bytes((Path(own).read_bytes() if own else b"") + public)
    return pem, trusted


if __name__ == "__main__":
    _call()
