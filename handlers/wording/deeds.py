"""What was done with access, in words. Names of methods come from logs: they are shown letter by letter."""

from collections.abc import Iterator
from datetime import timedelta

from approvals.deeds import Deeds, Method, Place, RoleUse
from approvals.times import in_words
from handlers.wording.text.amounts import many
from handlers.wording.text.lines import Code, Line

TITLE = "What was done with it"
OF_GROUP: Line = ("It is not looked for: no audit log says what a group opened to its members.",)
ERASED = "What was found in the audit logs has been erased."
_ROLE = "roles/logging.privateLogViewer"
_NAMED = 8


def said(deeds: Deeds) -> tuple[Line, ...]:
    """A line for each thing to say; of several resources each begins with its name."""
    several = len(deeds.places) > 1
    return tuple(
        ((Code(place.resource), ": ", *line) if several else line)
        for place in deeds.places
        for line in _place(place, last=deeds.last)
    )


def _place(place: Place, *, last: bool) -> Iterator[Line]:
    if place.trouble:
        yield _trouble(place, last=last)
        return
    if not place.calls:
        yield _nothing(place, last=last)
        yield from _looked_at(place)
        return
    least = "At least " if place.first else ""
    yield (f"{least}{many(place.calls, 'call')} in Cloud Audit Logs{_denied(place)}.",)
    for method in place.methods:
        yield _method(method)
    if place.more:
        yield (f"And {many(place.more, 'further method')}.",)
    if place.first:
        yield (_part(place) + _AGAIN * (not last),)
    if place.cut:
        first = "one is" if place.calls == 1 else f"{place.calls:,} are"
        yield (f"There are more entries: the first {first} counted.",)
    for role in place.roles:
        yield _role(role)
    yield from _looked_at(place)


def _part(place: Place) -> str:
    """Where Google does not answer for all of it, there is an answer for its beginning."""
    return (
        f"Only its beginning was looked through, {in_words(timedelta(seconds=place.first))} of it: for more Cloud"
        " Logging did not answer in time, which may be for a long window or much that is logged there."
    )


def _looked_at(place: Place) -> Iterator[Line]:
    """What of a folder or an organization was read."""
    where = Code(place.resource)
    if place.resource.startswith("projects/"):
        return
    if place.beyond:
        most = "project" if place.below == 1 else f"{place.below:,} projects"
        yield ("Counted is what is logged on ", where, f" and on the first {most} below it, by name: not on all.")
    elif place.below:
        yield ("Counted is what is logged on ", where, f" and on the {many(place.below, 'project')} below it.")
    else:
        yield ("Only what is logged on ", where, " itself is counted, and nothing below it.")


def _denied(place: Place) -> str:
    if place.denied == place.calls == 1:
        return ", which was denied"
    return f", {place.denied:,} of them denied" if place.denied else ""


def _method(method: Method) -> Line:
    denied = f", {method.denied:,} denied" if method.denied else ""
    return (Code(method.name), f": {many(method.calls, 'call')}{denied}")


def _role(role: RoleUse) -> Line:
    if not role.total:
        return ("What ", Code(role.role), " holds could not be read.")
    named = [part for name in role.named[:_NAMED] for part in (Code(name), ", ")][:-1]
    more = f" and {role.used - _NAMED} more" if role.used > _NAMED else ""
    shown: Line = (" (", *named, f"{more})") if named else ()
    unused = role.total - role.used
    return (
        f"Of the {many(role.total, 'permission')} of ",
        Code(role.role),
        f" {role.used:,} {'shows' if role.used == 1 else 'show'} there",
        *shown,
        f"; {unused:,} {'was' if unused == 1 else 'were'} not used, as far as the logs tell.",
    )


def _nothing(place: Place, *, last: bool) -> Line:
    again = _AGAIN * (not last)
    if place.first:
        return (f"{_part(place)} Nothing was found in that.{again}",)
    if place.cut:
        return (f"{_UNFINISHED}{again}",)
    return (_NOTHING if last else _NOTHING_YET,)


_AGAIN = " They are looked at once more an hour after the end."
_UNFINISHED = (
    "Google had not looked through all of Cloud Audit Logs when the time was over, and had found nothing."
)
_NOTHING_YET = f"Nothing was found in Cloud Audit Logs yet.{_AGAIN}"
_NOTHING = (
    "Nothing was found in Cloud Audit Logs. Reads of data are in them only where Data Access audit logs are"
    " switched on."
)


def _trouble(place: Place, *, last: bool) -> Line:
    again, where = "" if last else " It is tried once more an hour after the end.", Code(place.resource)
    if place.trouble == "forbidden":
        needs = "The audit logs cannot be read: this service's account needs "
        return (needs, Code(_ROLE), " on ", where, f".{again}")
    if place.trouble == "missing":
        return ("The audit logs of ", where, f" cannot be read: the log of this app says why.{again}")
    why = "Cloud Logging did not answer in time, which may be for a long window or much that is logged on "
    return (why, where, f": search it there.{again}")
