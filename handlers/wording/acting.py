"""An application's action, in words: what stands on every channel besides the lines that its digest covers."""

from approvals.requests import Request, undecided, usable
from approvals.showing import shown
from approvals.targets import ActionCall, agent_of
from approvals.telling.cards import Card
from approvals.times import in_words
from handlers.wording import itself, several
from handlers.wording.calls import judged, program, tool
from handlers.wording.text import alike
from handlers.wording.text.amounts import many
from handlers.wording.text.erased import day
from handlers.wording.text.lines import Code, Fact, Line, Value, names

ALLOWED = "Nobody else approved this: a rule of the policy allowed it."


def who(request: Request) -> str:
    """Who asks: a person, an application on behalf of one, or this service of a looser policy."""
    action = request.action
    if itself.asks(request):
        return itself.NAME
    if action is None:
        return request.requester
    comma = "," if agent_of(action) else ""
    return f"{caller(action)}{comma} on behalf of {request.requester}"


def caller(action: ActionCall) -> str:
    """The program that asks: an agent by its title, so that people know it for one, others by their ids."""
    title = agent_of(action)
    return f"an agent, {title}" if title else action.application


def facts_of_action(request: Request, action: ActionCall) -> list[Fact]:
    """What it is, in short."""
    what = Fact(label="What", value=(request.terms.title,))
    if itself.asks(request):
        return [what, Fact(label="Who asks", value=(itself.NAME,))]
    title = agent_of(action)
    if title:
        asks = f"an agent, {title}, on behalf of {request.requester}"
        called = [Fact(label="Tool", value=tool(action))] if tool(action) else []
        return [what, *called, Fact(label="Asked by", value=(asks,))]
    return [
        what,
        Fact(label="Application", value=(Code(action.application),)),
        Fact(label="On behalf of", value=(request.requester,)),
    ]


def lines(card: Card) -> tuple[Fact, ...]:
    """All that the digest covers of an action, line by line; none where not all of it fits."""
    if card.too_long:
        return ()
    action, found = card.request.action, shown(card.request)
    if action is not None and tool(action) and agent_of(action):
        return judged(found, action)
    return tuple(Fact(label=label, value=(Value(text),)) for label, text in found)


def notes(card: Card) -> tuple[Line, ...]:
    """What is to be known of an action besides."""
    request, action = card.request, card.request.action
    if action is None:
        return ()
    found: list[Line] = [(itself.UNKNOWN,)] if itself.asks(request) else []
    if agent_of(action) and (card.too_long or request.erased is not None):
        found.append((f"Asked by {who(request)}.",))  # elsewhere the lines say it
    if request.erased is not None:
        found.append((f"What else stood here was erased on {day(request.erased)}.",))
    if card.too_long:
        found.append(_too_long(request))
    if request.terms.person is not None and request.terms.person.proven == "asserted" and not by_oneself(request):
        found.append(_asserted(request, action))
    if by_oneself(request) and request.confirmed is not None:
        found.append((_alone(request, card.reader), " ", request.confirmed.at, ": nobody else was asked."))
    elif request.terms.requirement.kind == "allow" and usable(request):
        found.append((ALLOWED,))
    return (*found, *_alike(card), *several.notes(request))


def _alike(card: Card) -> tuple[Line, ...]:
    """What is to be known of the letters of what stands here: no channel can draw two that look alike apart."""
    request = card.request
    texts = () if card.too_long else (text for line in shown(request) for text in line)
    return alike.notes((*texts, request.terms.justification.text))


def by_oneself(request: Request) -> bool:
    """Whether nobody but whoever an agent asks for approves it."""
    return request.action is not None and request.terms.requirement.kind == "self"


def _too_long(request: Request) -> Line:
    count = len(shown(request))
    said, them = (
        f"Its {many(count, 'line does', 'lines do')} not fit here",
        "it whole" if count == 1 else "them all",
    )
    if not undecided(request):
        return (f"{said}: its page shows {them}.",)
    why = "nobody approves what they have not seen whole"
    return (f"{said}. It is approved on its page, which shows {them}: {why}.",)


def _asserted(request: Request, action: ActionCall) -> Line:
    lead = ("That this is for ", request.requester, " is asserted by ", program(action))
    if said := several.named(request):
        return (*lead, ". ", *said)
    if request.confirmed is None:
        return (*lead, ", and by nobody else.")
    return (*lead, ". ", *several.confirmed(request))


def _alone(request: Request, reader: str) -> str:
    return "You approved it yourself" if request.requester == reader else f"{request.requester} approved it"


def approved_by(request: Request, *, reader: str = "") -> Line:
    """Who approved what has come to its end: the two lines that are left of it say so."""
    decision = request.decision
    if decision is None or decision.outcome != "approved":
        return ()
    if request.terms.within is not None:
        return ()  # a note says it
    if by_oneself(request) and not decision.by:
        return (f" {_alone(request, reader)}: nobody else was asked.",)
    return (f" Approved by {names(decision.by)}." if decision.by else f" {ALLOWED}",)


def effect(request: Request, action: ActionCall, press: str, *, signs: bool, chosen: several.Choice) -> Line:
    """What the last approval does, and of which choice where there are two."""
    if itself.asks(request):
        return itself.effect(press)
    if chosen == "several" and (of_all := several.effect_of_all(request, signs=signs)):
        return (of_all,)
    within = in_words(request.terms.duration)
    more = several.effect(request, signs=signs) if chosen == "either" else ""
    if agent_of(action):
        return (f"{press} lets the agent make exactly this call: once, within {within} from then.{more}",)
    return (f"{press} lets ", Code(action.application), f" do it: once, within {within} from then.")
