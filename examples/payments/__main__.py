"""`python examples/payments`: the application on this machine. README.md says what each variable is."""

import os
from pathlib import Path

import uvicorn
from app import Payments
from ledger import Ledger
from news import News
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
refunds = Refunds(countersign, ledger)
news = News(given["COUNTERSIGN_API_URL"], refunds, ledger)
uvicorn.run(Payments(refunds, ledger, sign_in, news), port=port, log_level="warning")
