"""Receipts that hold, written out: the others are these with one thing altered. What was shown stands in words."""

from typing import Any

from tools.receipts.made import ISSUER, digest

ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"


def fixed(letter: str) -> str:
    """A digest of nothing that anybody has."""
    return "sha256:" + letter * 64


REQUEST = {
    "id": "r-0123456789",
    "revision": 1,
    "requester": ALICE,
    "justification": fixed("1"),
    "expires": "2026-03-02T10:00:00Z",
    "policy": fixed("2"),
}
ONE = {"kind": "stages", "stages": [{"approvers": ["group:finance"], "needed": 1, "sign": ""}]}
SIGNED = {"kind": "stages", "stages": [{"approvers": ["group:finance"], "needed": 1, "sign": "typed"}]}
ALLOW: dict[str, Any] = {"kind": "allow", "stages": []}
PERSON = {
    "principal": ALICE,
    "proven": "token",
    "issuer": "okta",
    "subject": "00u1a2b3c4",
    "claims": {"groups": ["support", "emea"], "type": ["employee"]},
    "unknown": [],
    "acr": "phr",
    "amr": ["hwk", "pin"],
    "auth_time": "2026-03-02T08:55:00Z",
    "expires": "2026-03-02T09:55:00Z",
}
AMOUNT = {"name": "amount", "label": "Amount", "type": "money", "value": "250.00 EUR"}
CARD = {"name": "card", "label": "Card", "type": "secret", "value": fixed("3")}
ORDER = {"name": "order", "label": "Order", "type": "string", "value": "A-17"}
TARGET = {
    "kind": "action",
    "application": "payments",
    "action": "refund",
    "parameters": [AMOUNT, ORDER, CARD],
    "key": "order/A-17",
    "data": '{"channel":"phone"}',
    "metadata": {"cost_centre": "4711"},
    "risk": "Money leaves the company at once",
}
SHOWN = [
    ["Action", "Refund a customer (refund)"],
    ["Application", "payments"],
    ["Amount", "250.00 EUR"],
    ["Order", "A-17"],
    ["Card", "•••• (not shown)"],
    ["Key", "order/A-17"],
    ["Data", '{"channel":"phone"}'],
    ["cost_centre", "4711"],
    ["Risk", "Money leaves the company at once"],
    ["On behalf of", "alice@example.com"],
    ["Proven by", "a token of okta, for its subject 00u1a2b3c4"],
    ["Signed in", "2 March 2026, 08:55:00 UTC"],
    ["Level of sign-in", "phr"],
    ["Means of sign-in", "hwk, pin"],
    ["Proof ends", "2 March 2026, 09:55:00 UTC"],
    ["Claim groups", "support, emea"],
    ["Claim type", "employee"],
    ["Can be used", "once, within 10 minutes of the decision"],
]
BARE = {**TARGET, "parameters": [], "key": "", "data": "", "metadata": {}, "risk": ""}
BARE_PERSON = {**PERSON, "claims": {}, "acr": "", "amr": [], "auth_time": None, "expires": None}
BEFORE = SHOWN[:2]
AFTER = [*SHOWN[9:11], SHOWN[17]]
USED = {"at": "2026-03-02T09:03:00Z", "by": "payments", "key": "refund-A-17"}
USE_BY = "2026-03-02T09:12:00Z"


def review(person: str = BOB, **changes: Any) -> dict[str, Any]:
    """One approval, two minutes before the decision at most."""
    good = {
        "person": person,
        "verdict": "approve",
        "at": "2026-03-02T09:01:00Z",
        "channel": "slack",
        "signed": False,
    }
    return good | changes


def signature(person: str = BOB) -> dict[str, Any]:
    """The same, with a typed name and meaning."""
    return review(person, signed=True, printed_name=fixed("4"), meaning=fixed("5"))


def decision(*by: str, **changes: Any) -> dict[str, Any]:
    """An approval by these people."""
    return {"outcome": "approved", "at": "2026-03-02T09:02:00Z", "by": list(by)} | changes


def action(**changes: Any) -> dict[str, Any]:
    """What is asked: a refund, on behalf of alice."""
    return {
        "v": 3,
        **REQUEST,
        "entitlement": "refund",
        "title": "Refund a customer",
        "targets": [TARGET],
        "person": PERSON,
        "use_by": 600,
        "requirement": ONE,
        "shown": SHOWN,
    } | changes


SALT = "c2FsdCBvZiAxMjggYml0cw"


def salted(**changes: Any) -> dict[str, Any]:
    """The same, as it is asked with a salt."""
    return action(**({"v": 6, "salt": SALT} | changes))


def small(*parameters: dict[str, Any], shown: list[list[str]], **target: Any) -> dict[str, Any]:
    """An action with these parameters and nothing else, and the lines between the first and the last ones."""
    only = {**BARE, "parameters": list(parameters), **target}
    return action(targets=[only], person=BARE_PERSON, shown=[*BEFORE, *shown, *AFTER])


def access(**changes: Any) -> dict[str, Any]:
    """What is asked: an hour of one role."""
    return {
        "v": 1,
        **REQUEST,
        "entitlement": "admin",
        "title": "Zürich administration",
        "resource": "projects/payments-prod",
        "roles": ["roles/run.admin"],
        "condition": "",
        "duration": 3600,
        "requirement": ONE,
    } | changes


def later(**changes: Any) -> dict[str, Any]:
    """What is asked: an hour more of the same, beyond half past nine, when what another request gave ends."""
    target = {"kind": "iam", "resource": "projects/payments-prod", "roles": ["roles/run.admin"], "condition": ""}
    stage = {"approvers": ["group:finance"], "needed": 1, "sign": "", "order": "any", "not_same": "group:sre"}
    return {
        "v": 4,
        **REQUEST,
        "entitlement": "admin",
        "title": "Zürich administration",
        "targets": [target],
        "duration": 3600,
        "requirement": {"kind": "stages", "approve_when": 'approver.channel == "web"', "stages": [stage]},
        "start": "2026-03-02T09:30:00Z",
        "extends": "r-9876543210",
    } | changes


def alone(**changes: Any) -> dict[str, Any]:
    """What is asked: an approval alone, which stands for an hour and grants nothing."""
    stage = {"approvers": ["group:finance"], "needed": 1, "sign": "", "order": "", "not_same": "group:sre"}
    return {
        "v": 5,
        **REQUEST,
        "entitlement": "deploy-on-friday",
        "title": "Deploy on Friday",
        "targets": [{"kind": "none"}],
        "duration": 3600,
        "requirement": {"kind": "stages", "approve_when": "", "stages": [stage]},
        "start": None,
        "extends": "",
    } | changes


def joined(**changes: Any) -> dict[str, Any]:
    """What is asked: a membership of a group for an hour."""
    targets = [{"kind": "group", "group": "prod-admins@example.com"}]
    return (
        alone(entitlement="prod-admins", title="Administrators of production", targets=targets)
        | {"v": 7}
        | changes
    )


LATER = {"start": "2026-03-02T09:02:00Z", "end": "2026-03-02T10:30:00Z"}
AT_START = {"start": "2026-03-02T09:30:00Z", "end": "2026-03-02T10:30:00Z"}
WINDOW = {"start": "2026-03-02T09:02:00Z", "end": "2026-03-02T10:02:00Z"}


def claims(terms: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A receipt of these terms, of a used refund unless others are named; None leaves a claim out."""
    asked = terms or action()
    of_action = "use_by" in asked
    good = {
        "v": 1,
        "knd": "receipt",
        "iss": ISSUER,
        "iat": 1772442180,
        "jti": "0123456789abcdef",
        "sub": "r-0123456789",
        "rev": 1,
        "dig": digest(asked),
        "terms": asked,
        "decision": decision(BOB, **({} if of_action else {"window": WINDOW})),
        "reviews": [review()],
        "audit": {"seq": 4, "head": fixed("6")},
        **({"use_by": USE_BY, "used": USED} if of_action else {}),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}
