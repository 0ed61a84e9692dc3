"""Whether what a receipt says holds together: the decision with the terms, the reviews, the window or the use."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from countersign_client.claims import Claims, ReceiptError, Used, Window
from countersign_client.shown import ShownError, lines
from countersign_client.terms import Access, Action, CountedAction, Requirement, Terms, Timed

_VERDICTS = {"approved": "approve", "denied": "deny"}
_NOBODY = ("self", "allow", "auto", "break_glass", "window")


def require_consistent(claims: Claims, terms: Terms) -> None:
    """Raise `ReceiptError` where a receipt contradicts itself."""
    if isinstance(terms, Action):
        _check_shown(claims, terms)
    if (terms.id, terms.revision) != (claims.sub, claims.rev):
        raise ReceiptError("request", "its terms belong to another request")
    if isinstance(terms, Timed) and terms.extends == terms.id:
        raise ReceiptError("request", "its terms continue themselves")
    if terms.requirement.kind in _NOBODY and terms.requirement.stages:
        raise ReceiptError("requirement", "its terms demand nobody else, and somebody")
    _check_person(claims, terms)
    _check_people(claims, terms)
    _check_reviews(claims, terms.requirement)
    if isinstance(terms, Action):
        _check_use(claims, terms)
    else:
        _check_window(claims, terms)
    _check_counted(claims, terms)
    _check_times(claims, terms)


def _check_shown(claims: Claims, terms: Action) -> None:
    try:
        shown = lines(claims.terms)
    except ShownError as error:
        raise ReceiptError("terms", f"its terms cannot be shown to anybody: {error}") from error
    if shown != terms.shown:
        raise ReceiptError("shown", "people were shown something else than what its terms say")


def _check_person(claims: Claims, terms: Terms) -> None:
    """Whom an application names by its word alone has confirmed it before anybody could approve.

    So has whoever approves it by themselves: that is their approval.
    """
    confirmed = None if claims.confirmed is UNSET else claims.confirmed
    if not isinstance(terms, Action) or not _confirms(terms):
        if confirmed is not None:
            raise ReceiptError("person", "somebody has confirmed it whom nobody had to ask")
    elif confirmed is None and claims.decision.outcome == "approved":
        raise ReceiptError("person", "it says approved, but whom the application named confirmed nothing")
    elif confirmed is not None and confirmed.at > claims.decision.at:
        raise ReceiptError("person", "whom the application named confirmed it after the decision")
    if isinstance(terms, Action) and terms.person.principal != terms.requester:
        raise ReceiptError("person", "it was asked on behalf of somebody else than who is its requester")


def _confirms(terms: Action) -> bool:
    """What is taken from a window was confirmed with that."""
    kind = terms.requirement.kind
    return kind == "self" or (terms.person.proven == "asserted" and kind != "window")


def _check_people(claims: Claims, terms: Terms) -> None:
    decision, requirement = claims.decision, terms.requirement
    if decision.outcome != "approved":
        return
    needed = sum(stage.needed for stage in requirement.stages)
    nobody = not needed and requirement.kind not in _NOBODY
    if nobody or len(set(decision.by)) < needed or terms.requester in decision.by:
        raise ReceiptError("people", "it says approved, but not by the people that its terms demand")
    # Who stands in for another counts as one person with them, and for the requester nobody stands in.
    stood = {review.behalf for review in claims.reviews if review.person in decision.by}
    if stood & {terms.requester, *decision.by}:
        raise ReceiptError("people", "it says approved, but somebody stood in for who asked or approved")


def _check_reviews(claims: Claims, requirement: Requirement) -> None:
    """Who decided has reviewed, once and to this effect, and has signed as often as the stages demand it."""
    outcome, by = claims.decision.outcome, claims.decision.by
    reviews = {review.person: review for review in claims.reviews}
    if len(reviews) < len(claims.reviews):
        raise ReceiptError("reviews", "somebody has reviewed twice in it")
    wanted = _VERDICTS.get(outcome)
    if wanted is None:
        return
    counted = [reviews[person] for person in dict.fromkeys(by) if person in reviews]
    if len(counted) < len(set(by)) or any(review.verdict != wanted for review in counted):
        raise ReceiptError(
            "reviews", f"it says {outcome}, but not every one of those who decided has a review that says so"
        )
    if any(review.at > claims.decision.at for review in counted):
        raise ReceiptError("reviews", "its decision is of a time before a review that it counts")
    # The policy of that day may have asked for more people than the terms did, whose reviews need no signature.
    signed = sum(bool(review.signed and review.printed_name and review.meaning) for review in counted)
    if outcome == "approved" and signed < sum(stage.needed for stage in requirement.stages if stage.sign):
        raise ReceiptError("signatures", "it says approved, but without the signatures that its terms demand")


def _check_window(claims: Claims, terms: Access | Timed) -> None:
    decision, window = claims.decision, claims.decision.window
    if claims.used is not UNSET or claims.use_by is not UNSET:
        raise ReceiptError("use", "no action was approved, and yet it says that it was used")
    if decision.outcome != "approved":
        if window is not None:
            raise ReceiptError("window", f"it says {decision.outcome}, and yet it names a window")
    elif window is None:
        raise ReceiptError("window", "it says approved, but names no window")
    elif not _fits(window, terms) or window.start < decision.at:
        raise ReceiptError("window", "its window is not the time that was asked for")


def _fits(window: Window, terms: Access | Timed) -> bool:
    """It lasts as long as was asked, and no sooner; what continues other access lasts so long beyond that."""
    lasts = timedelta(seconds=terms.duration)
    start = terms.start if isinstance(terms, Timed) else None
    if isinstance(terms, Timed) and terms.extends:
        return start is not None and window.start < start and window.end - start == lasts
    return window.end - window.start == lasts and (start is None or window.start >= start)


def _check_use(claims: Claims, terms: Action) -> None:
    """An approved action has a receipt once it was used: by its application, in its time."""
    decision, used, use_by = claims.decision, claims.used, claims.use_by
    if decision.window is not None:
        raise ReceiptError("window", "an action was approved, and yet it names a window of access")
    if decision.outcome != "approved":
        if used is not UNSET or use_by is not UNSET:
            raise ReceiptError("use", f"it says {decision.outcome}, and yet that it was used")
    elif used is UNSET or use_by is UNSET:
        raise ReceiptError("use", "it says approved, but not that it was used, and by when it had to be")
    else:
        _check_used(used, use_by, claims=claims, terms=terms)


def _check_counted(claims: Claims, terms: Terms) -> None:
    """Of several calls at once: they were offered, chosen by everybody who counts, and no more than that.

    Of what was taken from them nobody was asked.
    """
    opened = claims.window
    offered = terms.window if isinstance(terms, CountedAction) else None
    if isinstance(terms, CountedAction):
        _check_taken(claims, terms)
    confirmed = claims.confirmed is not UNSET and claims.confirmed.window
    if offered is None and (opened is not UNSET or confirmed or any(each.window for each in claims.reviews)):
        raise ReceiptError("counted", "several calls were approved that its terms do not offer")
    if opened is UNSET or offered is None:
        return
    if claims.decision.outcome != "approved" or not _chosen(claims):
        raise ReceiptError("counted", "not everybody whose approval counts approved several calls")
    lasts = opened.until - claims.decision.at
    if not timedelta(0) < lasts <= timedelta(seconds=offered.lasts) or opened.uses > offered.uses:
        raise ReceiptError(
            "counted", "several calls were approved for longer, or more of them, than its terms offer"
        )


def _check_taken(claims: Claims, terms: CountedAction) -> None:
    taken, within = terms.requirement.kind == "window", terms.within
    if taken != (within is not None) or taken == (terms.window is not None):
        raise ReceiptError("counted", "its terms are of a window and for one, or for none")
    if within is not None and (within.request == terms.id or within.number < 2):
        raise ReceiptError("counted", "it was taken from a window that it cannot have been taken from")
    asked = claims.decision.by or claims.reviews or claims.confirmed is not UNSET
    if taken and (claims.decision.outcome != "approved" or asked):
        raise ReceiptError("counted", "it was taken from a window, and yet somebody was asked")


def _chosen(claims: Claims) -> bool:
    """Everybody whose vote or word it rests on chose several calls, and somebody did."""
    chose = [each.window for each in claims.reviews if each.person in claims.decision.by]
    chose += [claims.confirmed.window] if claims.confirmed is not UNSET else []
    return bool(chose) and all(chose)


def _check_used(used: Used, use_by: datetime, *, claims: Claims, terms: Action) -> None:
    at, (action,) = claims.decision.at, terms.targets
    if use_by - at != timedelta(seconds=terms.use_by):
        raise ReceiptError("use", "the time in which it could be used is not the one that was asked for")
    if not at <= used.at < use_by:
        raise ReceiptError("use", "it was used outside of the time in which it could be")
    if used.by != action.application:
        raise ReceiptError("use", "it was used by another application than the one that asked")


def _check_times(claims: Claims, terms: Terms) -> None:
    try:
        for moment in _times(claims, terms):
            moment.astimezone(UTC)
    except OverflowError as error:
        raise ReceiptError("time", "one of its times is in no calendar") from error


def _times(claims: Claims, terms: Terms) -> Iterator[datetime]:
    window = claims.decision.window
    yield claims.decision.at
    yield from (terms.start,) if isinstance(terms, Timed) and terms.start else ()
    yield from (window.start, window.end) if window else ()
    yield from () if claims.window is UNSET else (claims.window.until,)
    yield from (review.at for review in claims.reviews)
    yield from (each.at for each in (claims.confirmed, claims.used) if each is not UNSET)
