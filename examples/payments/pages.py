"""The few pages of the application."""

from html import escape

from ledger import Refund

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Payments</title><style>body{font:16px/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}
label{display:block;margin:.5rem 0}table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left}
</style><h1><a href="/">Payments</a></h1>"""

_FORM = """<h2>Refund a customer</h2><form method="post" action="/refunds">
<label>Order <input name="order" value="A-17" required></label>
<label>Amount in EUR <input name="amount" value="250.00" inputmode="decimal" required></label>
<label>Card <input name="card" value="4111 1111 1111 1111" required></label>
<p><button>Refund</button></p></form>"""

_STATES = {
    "new": "Not asked for yet",
    "waiting": "Waiting for approval in chat",
    "paid": "Paid",
    "refused": "Not paid",
}


def front(refunds: list[Refund], *, signed_in: bool) -> str:
    """The form, for who is signed in, and what was refunded."""
    rows = "".join(_row(each) for each in refunds)
    form = _FORM if signed_in else '<p><a href="/login">Sign in</a> to refund a customer.</p>'
    return f"{_HEAD}{form}<h2>Refunds</h2><table><tr><th>Refund<th>Order<th>Amount<th>State{rows}</table>"


def _row(found: Refund) -> str:
    named = f'<a href="/refunds/{found.id}">Refund {found.id}</a>'
    return f"<tr><td>{named}<td>{escape(found.order)}<td>{escape(found.amount)} EUR<td>{_STATES[found.state]}"


def refund(found: Refund, heard: list[str]) -> str:
    """One refund, what was said about it, and what Countersign told of its request."""
    told = f"<p>Countersign told us that it was {escape(heard[0])}.</p>" if heard else ""
    said = f"<p>{escape(found.said)}</p>" if found.said else ""
    again = (
        f'<form method="post" action="/refunds/{found.id}/again"><p><button>Use the same approval again</button>'
        "</p></form>"
        if found.state == "paid"
        else ""
    )
    by = f"<p>Request {escape(found.request)}</p>" if found.request else ""
    return (
        f"{_HEAD}<h2>Refund {found.id}: {escape(found.amount)} EUR for order {escape(found.order)}</h2>"
        f"<p><b>{_STATES[found.state]}</b></p>{told}{said}{by}{again}"
    )


def step_up(found: Refund, why: str, to: str) -> str:
    """Ask to sign in anew, and go on after it."""
    return (
        f"{_HEAD}<h2>Refund {found.id}: {escape(found.amount)} EUR for order {escape(found.order)}</h2>"
        f'<p><b>Please sign in again</b></p><p>{escape(why)}</p><p><a href="{escape(to)}">Sign in again</a></p>'
    )


def problem(said: str) -> str:
    """Something that cannot be done."""
    return f"{_HEAD}<p>{escape(said)}</p>"
