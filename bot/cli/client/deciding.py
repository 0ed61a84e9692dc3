"""`countersign approve`, `deny`, `take-back`, `withdraw` and `end`: what is shown is what is decided."""

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.because import because
from bot.cli.client.connection import agreed, as_json, connected, put, request_id
from bot.cli.client.shown import in_full, in_short, show, what_ends
from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.answers import Request

yes = click.option("--yes", is_flag=True, help="Do not ask whether you mean it.")


@click.command()
@request_id
@click.option("--comment", default="", metavar="TEXT", help="What you add; whoever sees the request reads it.")
@click.option("--several", is_flag=True, help="For as many calls of a tool as are offered, not for the one.")
@yes
@as_json
def approve(*, request: str, comment: str, several: bool, yes: bool, as_json: bool) -> None:
    """Approve a request, as it is shown.

    The revision and the digest that are shown are sent along: what has changed meanwhile is refused. Where a
    signature is needed the page's address is printed instead, and the exit code is 1.
    """
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        _show(shown, as_json=as_json)
        _refuse_to_sign(shown, as_json=as_json)
        _confirm("Approve this for several calls?" if several else "Approve this?", yes=yes)
        done = client.approve(shown, comment=comment, several=several)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@because("The reason, which the requester reads.", required=True)
@yes
@as_json
def deny(*, request: str, why: str, yes: bool, as_json: bool) -> None:
    """Deny a request, as it is shown."""
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        _show(shown, as_json=as_json)
        _confirm("Deny this?", yes=yes)
        done = client.deny(shown, reason=why)
        put(done.told) if as_json else show(in_short(done))


@click.command("take-back")
@request_id
@yes
@as_json
def take_back(*, request: str, yes: bool, as_json: bool) -> None:
    """Take back your approval of what is shown, while it waits."""
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        _show(shown, as_json=as_json)
        _confirm("Take your approval back?", yes=yes)
        done = client.take_back(shown)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@yes
@as_json
def withdraw(*, request: str, yes: bool, as_json: bool) -> None:
    """Withdraw your own request, while it waits."""
    with connected(as_json=as_json) as client:
        _show(client.request(request), as_json=as_json)
        _confirm("Withdraw this request? Nobody can approve it afterwards.", yes=yes)
        done = client.withdraw(request)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@because("The reason; it must be given where it is not your own.")
@yes
@as_json
def end(*, request: str, why: str, yes: bool, as_json: bool) -> None:
    """End access at once, or revoke an approval that was not used.

    One that was given for several calls is revoked for all of them: none can be made any more.
    """
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        _show(shown, as_json=as_json)
        for line in what_ends(shown):
            say(line, err=as_json)
        _confirm("End this?" if shown.card.ends else "End this? It is not given back.", yes=yes)
        done = client.end(request, reason=why)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@click.option("--for", "duration", default="", metavar="TIME", help="For how long at most, such as 30m.")
@click.option(
    "--only",
    "keep",
    multiple=True,
    type=click.IntRange(1, 100),
    metavar="NUMBER",
    help="A part of a bundle that stays, by the number that `countersign status` gives it; repeatable.",
)
@because("The reason, which the requester reads.")
@yes
@as_json
def offer(*, request: str, duration: str, keep: tuple[int, ...], why: str, yes: bool, as_json: bool) -> None:
    """Offer less than what a request asks for. It is no approval."""
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        _show(shown, as_json=as_json)
        _confirm("Offer less of this?", yes=yes)
        done = client.offer(shown, duration=duration, keep=tuple(each - 1 for each in keep) or None, comment=why)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@yes
@as_json
def accept(*, request: str, yes: bool, as_json: bool) -> None:
    """Accept what is offered in place of your request. It has to be approved anew."""
    with connected(as_json=as_json) as client:
        shown = client.request(request)
        if shown.offer is None:
            say("countersign: nothing is offered instead of this request", err=True)
            sys.exit(1)
        say(shown.offer.line, err=as_json)
        _confirm("Accept this?", yes=yes)
        done = client.accept(shown)
        put(done.told) if as_json else show(in_short(done))


@click.command()
@request_id
@click.option("--justified/--not-justified", "justified", default=None, help="What you found.")
@because("Why; it is kept with the request.", required=True)
@yes
@as_json
def review(*, request: str, justified: bool | None, why: str, yes: bool, as_json: bool) -> None:
    """Review an emergency, as it is shown: was it justified, and why?"""
    if justified is None:
        raise click.UsageError("say what you found: --justified or --not-justified")
    with connected(as_json=as_json) as client:
        _show(client.request(request), as_json=as_json)
        _confirm(f"Was it {'' if justified else 'not '}justified?", yes=yes)
        done = client.review(request, justified=justified, reason=why)
        put(done.told) if as_json else show(in_short(done))


def _show(request: "Request", *, as_json: bool) -> None:
    """Show what is decided; beside JSON, on standard error."""
    for line in in_full(request):
        say(line, err=as_json)
    say("", err=as_json)


def _refuse_to_sign(request: "Request", *, as_json: bool) -> None:
    if "sign" not in request.you.can:
        return
    if as_json:
        put(request.told)
    say(f"countersign: this approval needs your signature, which is given on the page: {request.page}", err=True)
    sys.exit(1)


def _confirm(question: str, *, yes: bool) -> None:
    if not yes and not agreed(question):
        say("countersign: nothing was changed", err=True)
        sys.exit(1)
