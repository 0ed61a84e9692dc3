"""Countersign for applications: ask before a sensitive action is done, and hold the proof that it was allowed.

    payments = Application("https://approvals.example.com", "payments", read_key(Path("payments.jwk").read_text()))
    receipt = payments.require("refund", amount=Money("250.00", "EUR"), order="A-17", on_behalf_of=token)

`require` returns what a verified receipt allows, or raises `errors.NotAllowed`: nothing else is a permission.
"""

from countersign_client.applications.application import Application
from countersign_client.applications.asynchronous import AsyncApplication
from countersign_client.applications.toolcalls import KnownTool, ToolCall, tool_call
from countersign_client.applications.values import Asserted, IapAssertion, Money
from countersign_client.applications.webhooks import WebhookError, verify_webhook

__all__ = [
    "Application",
    "Asserted",
    "AsyncApplication",
    "IapAssertion",
    "KnownTool",
    "Money",
    "ToolCall",
    "WebhookError",
    "tool_call",
    "verify_webhook",
]
