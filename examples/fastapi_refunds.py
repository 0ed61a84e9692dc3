"""FastAPI behind Countersign: a route that answers at once where nobody has to be asked, or says where to look.

    COUNTERSIGN_API_URL=https://approvals.example.com PAYMENTS_KEY=payments.jwk uvicorn fastapi_refunds:app

A worker of a web server is no place to wait for people: the route waits for three seconds, answers 202, and
whoever asked comes back for the rest. The approval is used in the call that does the work, and never before.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from countersign_client.applications import AsyncApplication, Money
from countersign_client.applications.errors import (
    Denied,
    Expired,
    Lapsed,
    NotAllowed,
    Pending,
    StepUp,
    Unreachable,
    Withdrawn,
)
from countersign_client.call_tokens import read_key

WAIT = 3.0

app = FastAPI()
countersign = AsyncApplication(
    os.environ["COUNTERSIGN_API_URL"], "payments", read_key(Path(os.environ["PAYMENTS_KEY"]).read_text())
)
waiting: dict[str, "Refund"] = {}
"""What was asked for, by the request's id. A database in earnest: it must outlive this process."""


class Refund(BaseModel):
    """One refund, in EUR."""

    order: str = Field(min_length=1, max_length=40)
    amount: Decimal = Field(gt=0, max_digits=12, decimal_places=2)
    card: str = Field(min_length=1, max_length=40)

    def parameters(self) -> dict[str, str | Money]:
        """What the approval is for."""
        return {"amount": Money(self.amount, "EUR"), "order": self.order, "card": self.card}


def token(authorization: Annotated[str, Header()] = "") -> str:
    """Whose deed it is. Countersign verifies the token; a real application has done so before."""
    kind, _, found = authorization.partition(" ")
    if kind.lower() != "bearer" or not found:
        raise HTTPException(401, "Who is this for?", {"WWW-Authenticate": "Bearer"})
    return found


@app.exception_handler(NotAllowed)
async def not_allowed(_: Request, no: NotAllowed) -> JSONResponse:
    """Say no, and why: whatever it is, nothing was done."""
    headers = {"WWW-Authenticate": no.challenge} if isinstance(no, StepUp) and no.challenge else {}
    told = {"code": no.code, "detail": no.reason, "request": no.request_id}
    return JSONResponse(told, _status(no), headers)


def _status(no: NotAllowed) -> int:
    if isinstance(no, StepUp):
        return 401
    if isinstance(no, Unreachable):
        return 503
    return 403 if isinstance(no, Denied | Expired | Lapsed | Withdrawn) else 409


@app.post("/refunds")
async def ask(refund: Refund, on_behalf_of: Annotated[str, Depends(token)]) -> JSONResponse:
    """Ask, and pay at once where a guardrail allows it."""
    asked = await countersign.ask("refund", on_behalf_of=on_behalf_of, **refund.parameters())
    waiting[asked.id] = refund
    return await _settled(asked.id, refund)


@app.get("/refunds/{request}")
async def look(request: str, _: Annotated[str, Depends(token)]) -> JSONResponse:
    """How it stands: paid, still waiting, or refused."""
    if request not in waiting:
        raise HTTPException(404, "There is no such refund.")
    return await _settled(request, waiting[request])


async def _settled(request: str, refund: Refund) -> JSONResponse:
    try:
        allowed = await countersign.resume(
            request, "refund", idempotency_key=f"refund-{request}", timeout=WAIT, **refund.parameters()
        )
    except Pending:
        where = f"/refunds/{request}"
        return JSONResponse({"request": request, "state": "pending"}, 202, {"Location": where, "Retry-After": "5"})
    # Here the money leaves, once for each `request`: the same approval may be told twice after a lost answer.
    return JSONResponse({"request": request, "state": "paid", "receipt": allowed.text})
