"""Certificates for servers on loopback, made for one test."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import create_default_context

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from countersign_client import async_calls, calls, streams


def certificate(folder: Path, *, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """A key with its certificate for a name or an address, and the certificate alone, which clients may trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_named(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem, public = folder / f"{name}.pem", folder / f"{name}-public.pem"
    pem.write_bytes(private + made)
    public.write_bytes(made)
    return pem, public


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def trusted(public: Path | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let calls trust this certificate, or none but the system's."""
    context = create_default_context(cafile=str(public) if public else None)
    for module in (async_calls, calls, streams):
        monkeypatch.setattr(module, "tls", lambda: context)
    yield
