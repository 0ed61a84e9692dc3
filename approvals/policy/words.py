"""What a policy says, in plain words: for `policy lint`, and for sentences of the channels."""

from collections.abc import Sequence

from approvals.policy.model import Requirement, Stage
from approvals.times import DurationError, MomentError

SELF = "no other person: the policy lets people approve this themselves"
BREAK_GLASS = "nobody before it begins: the policy has it reviewed afterwards"
AUTO = "no other person: a rule of the policy approves this by itself"
ALONE = "nobody: the policy lets agents do this alone"
ALLOW = "nobody: a rule of the policy allows it"

_NAMED = 12


def selector_in_words(selector: str) -> str:
    """Say who a selector means: `sre`, `dan@example.com`, `anyone at example.com`."""
    kind, _, value = selector.partition(":")
    return f"anyone at {value}" if kind == "domain" else value


def selectors_in_words(selectors: Sequence[str]) -> str:
    """Say who several selectors mean: `sre, security or dan@example.com`.

    Of very many, as a binding of IAM's can name, the first and how many more: nobody reads hundreds.
    """
    named = selectors if len(selectors) <= _NAMED + 1 else selectors[:_NAMED]
    words = [selector_in_words(selector) for selector in named]
    if len(named) < len(selectors):
        words.append(f"{len(selectors) - len(named):,} more")
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nobody"


def stage_in_words(stage: Stage) -> str:
    """Say what a stage needs: `1 of security, signed`."""
    return f"{stage.needed} of {_who(stage)}{_apart(stage)}"


def _apart(stage: Stage) -> str:
    """Say whom `not_same` bars, where it bars anybody."""
    if not stage.not_same:
        return ""
    group = selector_in_words(stage.not_same)
    return f", nobody who is in {group} together with who asked"


def missing_in_words(stage: Stage, *, missing: int) -> str:
    """Say what a stage still needs: `2 approvals by sre`, `1 more signature by security`."""
    more = "more " if missing < stage.needed else ""
    what = f"{'signature' if stage.sign else 'approval'}{'s' if missing > 1 else ''}"
    return f"{missing} {more}{what} by {selectors_in_words(stage.approvers)}"


def _who(stage: Stage) -> str:
    signed = ", signed" if stage.sign else ""
    return f"{selectors_in_words(stage.approvers)}{signed}"


def no_duration(error: DurationError) -> str:
    """Say what is wrong with a text that is to be a duration."""
    if error.reads:
        return f"“{error.typed}” does not fit: a duration is longer than zero, at most 366 days"
    return f"“{error.typed}” is no duration: write for example 90m, 1h30m or 2 hours"


def no_moment(error: MomentError) -> str:
    """Say what is wrong with a text that is to be a moment."""
    if error.reads:
        return f"there is no “{error.typed}”: the clock leaves it out on that day"
    return f"“{error.typed}” is no moment: write for example 2026-11-22T10:00, in quotes"


def requirement_in_words(requirement: Requirement) -> tuple[str, ...]:
    """Say what an approval needs, one text a stage: `1 of sre`, `then 1 of security, signed`.

    A stage that is open beside the one before it: `and in any order 1 of security`.
    """
    if requirement.kind == "self":
        return (SELF,)
    if requirement.kind == "break_glass":
        return (BREAK_GLASS,)
    if requirement.kind == "auto":
        return (AUTO,)
    if requirement.kind == "allow":
        return (ALLOW,)
    return tuple(
        f"{_joined(index, stage)}{stage_in_words(stage)}" for index, stage in enumerate(requirement.stages)
    )


def _joined(index: int, stage: Stage) -> str:
    """How a stage follows the one before it."""
    if not index:
        return ""
    return "and in any order " if stage.order else "then "
