"""The keys of the running program: what signs tokens, receipts and webhooks."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, Purpose
from approvals.backends.signers.secret import SecretSigner
from approvals.ports.signing import Signer
from approvals.ports.store import Installation
from bot import signers
from bot.settings import Settings
from bot.signer_urls import SignerUrl


class Keyring:
    """`receipts` and `webhooks` are None where nothing signs those."""

    def __init__(self, settings: Settings, *, now: datetime, installation: Callable[[], Installation]) -> None:
        """Make the key files that are missing, and open all. Raises `KeyFileError`."""
        base_url = settings.google_api_base_url

        def opened(url: SignerUrl, purpose: Purpose) -> Signer:
            return signers.opened(
                url, issuer=lambda: f"countersign:{installation().instance}", purpose=purpose, base_url=base_url
            )

        for url, purpose in ((settings.signer, TOKENS), (settings.receipt_signer, RECEIPTS)):
            signers.create(url, now=now, purpose=purpose)
        self.tokens = opened(settings.signer, TOKENS)
        self.receipts = None if settings.receipt_signer is None else opened(settings.receipt_signer, RECEIPTS)
        self.webhooks = signers.made_for_webhooks(settings.webhook_signer, now=now, base_url=base_url)

    def public(self) -> Mapping[str, Any]:
        """The keys that verify our receipts and webhooks, as one JWK set (RFC 7517). Raises `Unavailable`.

        Those of tokens concern nobody else.
        """
        signing = [each for each in (self.receipts, self.webhooks) if each is not None]
        return {"keys": [key for signer in signing for key in signer.keys()["keys"]]}

    def check(self) -> None:
        """Use the keys that are kept elsewhere. Raises `KeysError` that says what to mend, or `Unavailable`."""
        for signer in (self.tokens, self.receipts, self.webhooks):
            if isinstance(signer, SecretSigner | IamSigner):
                signer.check()
