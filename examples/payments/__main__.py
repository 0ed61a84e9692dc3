"""`python examples/payments`: the application on this machine. README.md says what each variable is."""

import os
from pathlib import Path

import uvicorn
from app import Payments
from ledger import Ledger
from refunding import Refunds
from signin import SignIn

from countersign_client.applications import AsyncApplication
from countersign_client.call_tokens import read_key

given = os.environ
port = int(given["PAYMENTS_PORT"])
countersign = AsyncApplication(
    given["COUNTERSIGN_API_URL"], "payments", read_key(Path(given["PAYMENTS_KEY"]).read_text())
)
ledger = Ledger(Path(given["PAYMENTS_LEDGER"]))
sign_in = SignIn(given["PAYMENTS_ISSUER"], f"http://localhost:{port}/callback")
uvicorn.run(Payments(Refunds(countersign, ledger), ledger, sign_in), port=port, log_level="warning")
