"""A certificate for this machine, by an authority of its own, for what is to be spoken to over TLS."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = timedelta(days=365)


class Certificate:
    """One made anew. Who trusts `authority` (PEM) can verify that it speaks to one of `names`."""

    def __init__(self, *names: str) -> None:
        issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = _named("Authority of this sandbox alone")
        own = _builder(issuer, issuer, issuer_key.public_key(), issuer_key.public_key(), authority=True)
        authority = own.sign(issuer_key, hashes.SHA256())
        held = _builder(_named(names[0]), issuer, key.public_key(), issuer_key.public_key(), authority=False)
        held = held.add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        )
        held = held.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        self.authority = authority.public_bytes(Encoding.PEM)
        self._chain = held.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)
        self._key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def context(self) -> ssl.SSLContext:
        """What a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The library reads keys from files only.
        with tempfile.NamedTemporaryFile() as file:
            file.write(self._key + self._chain)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def publish(self, path: Path) -> None:
        """Write the authority's certificate where programs find it that are to trust it (`SSL_CERT_FILE`)."""
        path.write_bytes(self.authority)


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    authority: bool,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    begun = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
    )
    return (
        begun.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
