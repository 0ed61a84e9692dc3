"""Requests as entries of lists, one's own and those that wait for somebody. Each begins with `what` is asked."""

from collections.abc import Sequence

from approvals.grants import Kept
from approvals.parts import Part
from approvals.requests import Request, undecided, unreviewed
from approvals.uses.looking import LISTED, Waiting
from handlers.wording import several
from handlers.wording.acting import caller, who
from handlers.wording.emergencies import lead
from handlers.wording.freeze import held_up
from handlers.wording.lasting import begins, how_long
from handlers.wording.offers import offer
from handlers.wording.standing import standing
from handlers.wording.targets import on_places
from handlers.wording.text.lines import Line

CONFIRMING = "Asked for in your name: is it you?"


def none_waits(*, confirming: bool) -> str:
    """That the list of what others ask for is empty. `confirming`: something waits for the reader's own word."""
    return f"Nothing{' else' if confirming else ''} waits for your approval."


def what(request: Request) -> Line:
    """What is asked for by the policy's name for it; of access where and for how long, too."""
    terms = request.terms
    if request.action is not None:
        return (terms.title,)
    # By itself, so that letters that run the other way turn nothing that stands around them.
    return (terms.title, f"{on_places(terms.title, terms.targets)} for {how_long(terms)}", *begins(terms))


def parted(request: Request, entry: Line) -> tuple[Line, Line]:
    """An entry as what is asked for, which leads to the request where there are links, and the rest."""
    head = len(what(request))
    return entry[:head], entry[head:]


def own(request: Request, *, kept: Sequence[Kept] = (), frozen: Part | None = None, program: bool = False) -> Line:
    """One of the reader's own, with how it stands.

    `kept` is what other requests keep of its access; `frozen` the freeze that holds it up, where one does.
    `program`: it is told to what asked for them, and not to the person.
    """
    waits = undecided(request)
    expires: Line = (" Expires unless decided by ", request.terms.expires, ".") if waits else ()
    now = standing(request, kept=kept, reader="" if program else request.requester)
    by = f", asked for by {caller(request.action)}" if request.action is not None else ""
    offered = offer(request)
    less: Line = (" ", *offered, " Accept it or wait on.") if offered else ()
    said = (*what(request), f"{by}. {now.words}. ", *now.meaning, *_taken(request), *less, *expires)
    return (*said, *_held_up(request, frozen))


def past(request: Request, *, kept: Sequence[Kept]) -> Line:
    """One of the history, with how it stands. `kept` is what other requests keep of its access."""
    now = standing(request, kept=kept)
    said_twice = request.state in ("denied", "withdrawn")
    words = ". " if said_twice else f". {now.words}. "
    return (*_asked(request), " ", request.filed, words, *now.meaning, *_taken(request))


def _taken(request: Request) -> Line:
    """What tells calls of one approval apart."""
    said = several.taken_from(request)
    return (" ", *said) if said else ()


def waiting(request: Request, *, frozen: Part | None = None) -> Line:
    """One that waits for its reader: for their approval, or for their review of an emergency.

    `frozen` is the freeze that holds it up, where one does.
    """
    if unreviewed(request):
        now = standing(request)
        return (*_asked(request), f". {now.words}. ", *lead(request), *_held_up(request, frozen))
    said = (*_asked(request), ". Expires unless decided by ", request.terms.expires, ".")
    return (*said, *_held_up(request, frozen))


def _held_up(request: Request, frozen: Part | None) -> Line:
    return () if frozen is None else (held_up(frozen, waits=undecided(request)),)


def _asked(request: Request) -> Line:
    return (*what(request), f", asked for by {who(request)}")


def unseen(found: Waiting, *, cards: bool) -> str:
    """What may wait beside the list; empty where nothing does. `cards`: the reader has some to look at."""
    if found.cut:
        rest = ": see the cards." if cards else ". They come up as these are decided."
        return f"More wait for you, which were asked for later{rest}"
    if found.more:
        rest = ": see the cards." if cards else "."
        return f"Only the oldest {LISTED} requests were looked through, and more wait{rest}"
    return ""
