"""What the caller can do about a request, and why not the rest, for programs."""

from approvals.requests import allows, lives, undecided
from approvals.starting import scheduled
from approvals.uses.facing import Faced
from handlers.api.records import Can, Hindered, You
from handlers.wording.refusing.refusals import told
from handlers.wording.several import offered as several_calls


def you(faced: Faced, *, decides: bool) -> You:
    """`decides`: the caller's account may vote at all."""
    return You(
        holder=faced.holder,
        vote=faced.stands,
        can=_can(faced, decides=decides),
        cannot=tuple(
            Hindered(verdict=verdict, code=refused.code, detail=told(refused))
            for verdict, refused in faced.against.items()
        ),
    )


def _can(faced: Faced, *, decides: bool) -> tuple[Can, ...]:
    """What the caller can do now, as far as one look tells; to do it is checked again."""
    request = faced.card.request
    finds: tuple[Can, ...] = ("after_review",) if decides and faced.finds else ()
    if lives(request) or allows(request):
        extends = faced.holder and lives(request) and request.after_review is None and not scheduled(request)
        ends: tuple[Can, ...] = ("end",) if faced.holder or faced.takes else ()
        return (*finds, *(("extend", *ends) if extends else ends))
    if finds:
        return finds
    if not undecided(request):
        return ()
    if faced.holder:
        takes = request.counter is not None and faced.card.frozen is None
        return ("accept", "withdraw") if takes else ("withdraw",)
    return _votes(faced) if decides else ()


def _votes(faced: Faced) -> tuple[Can, ...]:
    tally = faced.card.tally
    found: list[Can] = []
    if tally.open_places and faced.would_count("approve"):
        several: tuple[Can, ...] = ("several",) if several_calls(faced.card.request) else ()
        found += ("sign",) if tally.signs else ("approve", *several)
    if _may_offer(faced):
        found.append("offer")
    if faced.would_count("deny"):
        found.append("deny")
    if faced.would_count("take_back"):
        found.append("take_back")
    return tuple(found)


def _may_offer(faced: Faced) -> bool:
    """Whoever may deny may offer less of what is access."""
    waits = faced.waits and faced.card.frozen is None and faced.card.request.action is None
    return waits and "deny" not in faced.against
