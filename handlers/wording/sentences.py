"""The sentences of refusals and troubles that are made of facts. Which code each belongs to says the table."""

from datetime import timedelta
from typing import Any

from approvals.policy.model import Stage
from approvals.policy.words import selectors_in_words, stage_in_words
from approvals.times import in_words

_MINUTE = 60


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"


def _stage(needed: int, approvers: tuple[str, ...], sign: Any) -> str:
    return stage_in_words(Stage(approvers=approvers, needed=needed, sign=sign))


def foreign_domain(domain: str) -> str:
    return (
        f"Your e-mail address ends in @{domain}, a domain that has no access here."
        " If it should have, ask whoever runs this app."
    )


def foreign_organisation(domain: str) -> str:
    whose = f"an account of {domain}" if domain else "a private Google account"
    return f"You are signed in with {whose}, which has no access here. Sign in with your organisation's account."


def moved(was: str, now: str) -> str:
    return (
        f"The account that was {was} has the address {now} now, so it counts no more "
        "here. It can be asked for anew, or the policy can name one address as an alias of the other."
    )


def few(*, needed: int, approvers: tuple[str, ...], sign: str, stage: int, stages: int) -> str:
    words = _stage(needed, approvers, sign)
    return (
        f"Not enough other people can approve this: it needs {words} (stage {stage} of {stages})."
        " Whoever writes the policy can name more."
    )


def too_long(*, title: str, longest: int) -> str:
    return f"Too long: {title} is for at most {in_words(timedelta(seconds=longest))}."


def no_why(hint: str) -> str:
    return f"Say why it is needed. {hint}".strip()


def long_why(most: int) -> str:
    return f"The justification is too long: at most {most:,} characters."


def unfit_why(*, hint: str, pattern: str) -> str:
    return f"The justification does not fit: {hint or f'It must match {pattern}'}"


def hour(*, most: int, wait: int) -> str:
    again = timedelta(seconds=-(-wait // _MINUTE) * _MINUTE)
    return f"You have filed {_requests(most)} within an hour, which is the most. Ask again in {in_words(again)}."


def application_hour(*, most: int, wait: int) -> str:
    again = timedelta(seconds=-(-wait // _MINUTE) * _MINUTE)
    return (
        f"This application has filed {_requests(most)} within an hour, which is the most that the policy lets it."
        f" Ask again in {in_words(again)}."
    )


def application_waiting(most: int) -> str:
    return (
        f"This application has {_requests(most)} waiting, which is the most that the policy lets it."
        " Withdraw one first, or wait until one is decided."
    )


def all_open(most: int) -> str:
    return f"You have {most} requests and accesses at once, which is the most. End what you no longer need."


def all_waiting(most: int) -> str:
    return (
        f"You have {_requests(most)} waiting, which is the most. Withdraw one first, or wait until one is decided."
    )


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


def votes(most: int) -> str:
    return (
        f"You have voted {most} times on this request, so your last vote stands. "
        "Somebody else who may decide can still deny it."
    )


def no_grant(state: str) -> str:
    instead = " Withdraw it, or as an approver deny it." if state == "pending" else ""
    return f"This request is {state}, so it has no access to end.{instead}"


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


def as_said(said: str) -> str:
    return said


def barred(*, roles: tuple[str, ...]) -> str:
    """Google does not say which of several roles it is."""
    said, several = "Google lets this service change who has access there, but not give", len(roles) > 1
    if several:
        return (
            f"{said} all of {', '.join(roles)}. See which of them the condition on the service's own role does not"
            " list."
        )
    return f"{said} {', '.join(roles)}. See whether the condition on the service's own role lists it."


def forbidden(*, said: str, permission: str) -> str:
    return f"Google refused: {said}. The service's account needs {permission}."


def unclear(*, status: int, said: str) -> str:
    return f"Google did not answer clearly ({status}): {said}"


def final(*, status: int, said: str) -> str:
    return f"Google refused ({status}): {said}"


def no_etag(resource: str) -> str:
    return f"Google did not say which version of the policy of {resource} it sent, so nothing was written."


def hidden(resource: str) -> str:
    return (
        f"Google shows the policy of {resource} without its conditions, so nothing is changed there: written back"
        " like that, others would lose theirs."
    )


def silent_receiver(*, said: str) -> str:
    return f"No whole answer came from its receiver, or it could not be signed: {said}"


def receiver_answered(*, status: int) -> str:
    return f"Its receiver answered with status {status}."


def shape(*, resource: str, said: str) -> str:
    return (
        f"What Google shows of the policy of {resource} is not of the shape that Google documents, so nothing is"
        f" changed there: {said}."
    )


def version(*, resource: str, version: int) -> str:
    return (
        f"The policy of {resource} is of version {version}, which this release does not know, so nothing is"
        " changed there."
    )


def no_resource(resource: str) -> str:
    return f"{resource} is no project, folder or organization."


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


def unconfirmed_emergency(title: str) -> str:
    return (
        f"{title} is for emergencies: access begins without anybody's approval, and is reviewed afterwards. Say"
        " once more that this is one: confirm it in the form, on the page, or with break_glass in the call."
    )


def no_emergency(title: str) -> str:
    return f"{title} is no access for emergencies. Ask for it as for any other, without break_glass."


def nobody_reviews(approvers: tuple[str, ...]) -> str:
    return (
        f"Nobody but you could review this afterwards: the policy names {selectors_in_words(approvers)}. Whoever"
        " writes it can name somebody else."
    )


def unreviewed(request: str) -> str:
    return (
        f"You broke the glass before, and nobody has reviewed that yet ({request}). Ask its reviewers to: until"
        " then you cannot do it again. What somebody approves you can still ask for."
    )


def no_reviewer(approvers: tuple[str, ...]) -> str:
    return f"Only {selectors_in_words(approvers)} can review this."


def reviewed_already(person: str) -> str:
    return f"{person} has reviewed this already, and a review is done once."
