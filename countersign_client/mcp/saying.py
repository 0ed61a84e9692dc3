"""What an agent, and the person behind it, is told of a call that is held."""

from countersign_client.applications import refusals
from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.mcp.outcomes import Outcome, Pending, Refused, Unreachable

AGAIN = "Call again with the same arguments: that finds this request, and asks nobody twice."


def pending(asked: Asked) -> Pending:
    """A request that waits for people."""
    where = f" They decide at {asked.page}." if asked.page else ""
    needs = f" {asked.needs.rstrip('.')}." if asked.needs else ""
    return Pending(
        request=asked.id,
        page=asked.page,
        needs=asked.needs,
        filed=asked.filed,
        expires=asked.expires,
        said=f"Nothing has run: {asked.id} waits for people.{needs}{where} {AGAIN}",
    )


def approved(asked: Asked) -> str:
    """A request that is approved, and that nobody has claimed yet."""
    by = f" until {asked.use_by}" if asked.use_by else ""
    return (
        f"{asked.id} is approved and not claimed yet: call use_approval with the same arguments{by}, and run it"
        " only with what that answers."
    )


def used(asked: Asked) -> str:
    """A request that was claimed before, maybe by whoever asks."""
    return (
        f"{asked.id} was claimed before: use_approval with the same arguments answers its receipt again. If it has"
        " run, do not run it a second time."
    )


def ended(asked: Asked) -> Refused:
    """A request that came to an end without a permission."""
    return refused(refusals.ended(asked))


def refused(error: NotAllowed) -> Refused:
    """Why a call must not run."""
    fields = getattr(error, "fields", {})
    step_up = error.told.get("step_up")
    return Refused(
        request=error.request_id,
        code=error.code,
        said=f"Nothing has run. {_sentence(error)}",
        fields=fields,
        told={"step_up": step_up} if step_up else {},
    )


def ungated(server: str, name: str) -> Refused:
    """A tool for which the policy has no rule."""
    return Refused(
        request="",
        code="tool",
        said=f"The policy has no rule for the tool {name[:100]} of {server[:100]}, so nobody can be asked for it,"
        " and nothing here allows it. list_gated_tools says for which tools there is one.",
    )


def unusable(why: str) -> Refused:
    """A call that cannot be asked for as it stands."""
    return Refused(request="", code="unusable", said=f"Nothing has run, and nobody was asked: {why}.")


def unreachable(error: NotAllowed) -> Unreachable:
    """Countersign gave no whole answer, which is a no."""
    return silent(error.request_id, str(error))


def silent(request: str, why: str) -> Unreachable:
    """Nobody answered in time."""
    return Unreachable(request=request, said=f"Nothing has run, for Countersign gives no answer: {why} {AGAIN}")


def of(outcome: Outcome) -> str:
    """The sentence of an outcome."""
    if isinstance(outcome, Pending | Refused | Unreachable):
        return outcome.said
    return (
        f"{outcome.request} is approved, and claimed at {outcome.claimed}: run it now, once, with exactly these"
        " arguments. Where you have run it already, do not run it again."
    )


_USED = (
    "This approval was claimed before, and each is for one time. Whether the call ran then is not known here:"
    " look, and only then ask anew."
)


def _sentence(error: NotAllowed) -> str:
    if error.code == "used":
        return _USED
    fields = getattr(error, "fields", {})
    more = "".join(f" {name}: {said}" for name, said in fields.items() if said and said not in error.reason)
    text = error.reason if error.reason.endswith((".", "!", "?", ")")) else f"{error.reason}."
    return f"{text}{more}"
