"""The sentences of refusals and troubles that are made of facts. Which code each belongs to says the table."""

from datetime import timedelta
from typing import Any

from approvals.policy.model import Stage
from approvals.policy.words import selectors_in_words, stage_in_words
from approvals.times import in_words


def _stage(needed: int, approvers: tuple[str, ...], sign: Any) -> str:
    return stage_in_words(Stage(approvers=approvers, needed=needed, sign=sign))


def few(*, needed: int, approvers: tuple[str, ...], sign: str, stage: int, stages: int) -> str:
    words = _stage(needed, approvers, sign)
    return (
        f"Not enough other people can approve this: it needs {words} (stage {stage} of {stages})."
        " Whoever writes the policy can name more; where IAM offers it, whoever says there who is eligible."
    )


def too_long(*, title: str, longest: int) -> str:
    return f"Too long: {title} is for at most {in_words(timedelta(seconds=longest))}."


def no_why(hint: str) -> str:
    return f"Say why it is needed. {hint}".strip()


def long_why(most: int) -> str:
    return f"The justification is too long: at most {most:,} characters."


def unfit_why(*, hint: str, pattern: str) -> str:
    return f"The justification does not fit: {hint or f'It must match {pattern}'}"


def older_settled(*, older: str, state: str) -> str:
    return f"{older} was {state} meanwhile, so nothing was filed in its place."


def not_among(*, person: str, title: str) -> str:
    return f"{person} is not among the people who may ask for {title}."


def decided(state: str) -> str:
    return f"This request is {state} already."


def later(*, needed: int, approvers: tuple[str, ...], sign: str) -> str:
    return f"Somebody else must approve now: you are needed later, for {_stage(needed, approvers, sign)}."


def not_yet(*, needed: int, approvers: tuple[str, ...], sign: str) -> str:
    return f"It is not your turn yet: {_stage(needed, approvers, sign)} must approve first."


def no_approver(approvers: tuple[str, ...]) -> str:
    return f"You are not an approver of this request. Ask {selectors_in_words(tuple(approvers))}."


def no_approver_of_a_stage(approvers: tuple[str, ...]) -> str:
    return f"You cannot approve this request. Ask {selectors_in_words(tuple(approvers))}."


def own_name(name: str) -> str:
    return f"Sign with the name of your account: {name}."


def no_grant(state: str) -> str:
    return _nothing_to_end(state, "access")


def no_approval(state: str) -> str:
    return _nothing_to_end(state, "approval")


def _nothing_to_end(state: str, what: str) -> str:
    instead = " Withdraw it, or as an approver deny it." if state == "pending" else ""
    return f"This request is {state}, so it has no {what} to end.{instead}"


def broken(*, request: str, fault: str) -> str:
    why = fault or "the record is not the one that was looked at"
    return f"Request {request} gets no receipt: {why}. Run `countersign audit verify`."


def broken_installation(fault: str) -> str:
    return f"The installation's audit chain does not hold: {fault}."


def undecided(*, request: str, state: str) -> str:
    return f"Request {request} is {state}: there is no decision yet."


def unlisted(*, group: str, most: int) -> str:
    return f"{group} has more than {most} members."


def said_by_policy(said: str) -> str:
    return f"The policy does not let this be done, whoever approves it: {said}"


def unused(*, request: str) -> str:
    return f"Request {request} was approved and not used: its application gets the receipt when it uses it."


def no_receipt(*, request: str) -> str:
    return (
        f"What request {request} was for is erased, as the policy has it, and a receipt of an action shows all of"
        " that: there is none any more. One that was issued before is as good as ever."
    )


def unfit_parameters(names: tuple[str, ...]) -> str:
    return f"These parameters do not fit the action as the policy has it now: {', '.join(names)}."


def other_parameters(names: tuple[str, ...]) -> str:
    return f"This is not what was approved: {', '.join(names)} differs. Ask for it as it is now."


def step_up(*, acr: tuple[str, ...], max_age: int) -> str:
    level = f" at the level {' or '.join(acr)}" if acr else ""
    age = f", at most {in_words(timedelta(seconds=max_age))} ago" if max_age else ""
    return f"The policy wants a newer or stronger sign-in for this{level}{age}. Sign in again, and ask with that."


def unusable(state: str) -> str:
    return f"This cannot be used: {_UNUSABLE.get(state, f'it is {state}')}."


_UNUSABLE = {
    "pending": "it waits for its approval",
    "lapsed": "its approval has lapsed, and it has to be asked for again",
}
