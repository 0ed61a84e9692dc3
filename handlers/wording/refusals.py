"""What people are told who are refused something: one table, a sentence for each code, made of its facts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast

from approvals.codes import Code
from approvals.errors import Refused
from approvals.policy.records import Stage
from approvals.policy.words import selectors_in_words, stage_in_words
from approvals.reasons import Reason
from approvals.times import in_words

_Words = Callable[..., str]
_MINUTE = 60


class Said(Refused):
    """A refusal that a channel words itself, for it is about the channel or about what was typed there."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(Reason(code))
        self.said = said


def sentence(found: Reason) -> str:
    """Say why something is refused; the code alone where another release knew it."""
    words = SENTENCES.get(cast("Code", found.code))
    if words is None:
        return found.code
    return words if isinstance(words, str) else words(**found.facts)


def told(refusal: Refused) -> str:
    """Say why somebody is refused something."""
    return refusal.said if isinstance(refusal, Said) else sentence(refusal.reason)


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"


def _stage(needed: int, approvers: Iterable[str], sign: Any) -> str:
    return stage_in_words(Stage(approvers=tuple(approvers), needed=needed, sign=sign))


def _foreign_domain(domain: str) -> str:
    return (
        f"Your e-mail address ends in @{domain}, a domain that has no access here."
        " If it should have, ask whoever runs this app."
    )


def _moved(was: str, now: str) -> str:
    return (
        f"The account that was {was} has the address {now} now, so it counts no more "
        "here. It can be asked for anew, or the policy can name one address as an alias of the other."
    )


def _few(*, needed: int, approvers: Iterable[str], sign: str, stage: int, stages: int) -> str:
    words = _stage(needed, approvers, sign)
    return f"Not enough other people can approve this: it needs {words} (stage {stage} of {stages})."


def _too_long(*, title: str, longest: int) -> str:
    return f"Too long: {title} is for at most {in_words(timedelta(seconds=longest))}."


def _no_why(hint: str) -> str:
    return f"Say why it is needed. {hint}".strip()


def _long_why(most: int) -> str:
    return f"The justification is too long: at most {most:,} characters."


def _unfit_why(*, hint: str, pattern: str) -> str:
    return f"The justification does not fit: {hint or f'It must match {pattern}'}"


def _hour(*, most: int, wait: int) -> str:
    again = timedelta(seconds=-(-wait // _MINUTE) * _MINUTE)
    return f"You have filed {_requests(most)} within an hour, which is the most. Ask again in {in_words(again)}."


def _all_open(most: int) -> str:
    return f"You have {most} requests and accesses at once, which is the most. End what you no longer need."


def _all_waiting(most: int) -> str:
    return (
        f"You have {_requests(most)} waiting, which is the most. Withdraw one first, or wait until one is decided."
    )


def _no_room_to_replace(*, older: str, full: str, most: int) -> str:
    said = sentence(Reason(full, {"most": most}))
    return (
        f"{said} The new request is filed before the older one goes, so there is no room to replace it:"
        f" close this form, withdraw {older}, and ask again."
    )


def _older_settled(*, older: str, state: str) -> str:
    return f"{older} was {state} meanwhile, so nothing was filed in its place."


def _not_among(*, person: str, title: str) -> str:
    return f"{person} is not among the people who may ask for {title}."


def _decided(state: str) -> str:
    return f"This request is {state} already."


def _later(*, needed: int, approvers: Iterable[str], sign: str) -> str:
    return f"Somebody else must approve now: you are needed later, for {_stage(needed, approvers, sign)}."


def _not_yet(*, needed: int, approvers: Iterable[str], sign: str) -> str:
    return f"It is not your turn yet: {_stage(needed, approvers, sign)} must approve first."


def _no_approver(approvers: Iterable[str]) -> str:
    return f"You are not an approver of this request. Ask {selectors_in_words(tuple(approvers))}."


def _no_approver_of_a_stage(approvers: Iterable[str]) -> str:
    return f"You cannot approve this request. Ask {selectors_in_words(tuple(approvers))}."


def _own_name(name: str) -> str:
    return f"Sign with the name of your account: {name}."


def _votes(most: int) -> str:
    return (
        f"You have voted {most} times on this request, so your last vote stands. "
        "Somebody else who may decide can still deny it."
    )


def _no_grant(state: str) -> str:
    instead = " Withdraw it, or as an approver deny it." if state == "pending" else ""
    return f"This request is {state}, so it has no access to end.{instead}"


def _broken(*, request: str, fault: str) -> str:
    why = fault or "the record is not the one that was looked at"
    return f"Request {request} gets no receipt: {why}. Run `countersign audit verify`."


def _broken_installation(fault: str) -> str:
    return f"The installation's audit chain does not hold: {fault}."


def _undecided(*, request: str, state: str) -> str:
    return f"Request {request} is {state}: there is no decision yet."


def _unlisted(*, group: str, most: int) -> str:
    return f"{group} has more than {most} members."


SENTENCES: Mapping[Code, str | _Words] = {
    "address": "That is not one plain e-mail address.",
    "bot": "Bots and apps cannot ask or decide here.",
    "foreign_domain": _foreign_domain,
    "foreign_team": "Only members of this workspace can ask or decide here.",
    "guest.ask": "Guests cannot ask for access here.",
    "guest.decide": "Guests cannot decide here.",
    "guest.end": "Guests cannot end the access of others.",
    "inactive": "This account is deactivated.",
    "inactive.gone": "The account is gone.",
    "inactive.moved": _moved,
    "no_address": "Your e-mail address cannot be read here. You cannot mend that: tell whoever runs this app,"
    " whose log says what is missing.",
    "plus_address": "An address with a plus sign cannot decide here. Use the account of your own address, "
    "or ask your administrators to name yours as an alias of it.",
    "service_account": "Service accounts cannot ask or decide here.",
    "unconfirmed": "Your e-mail address is not confirmed yet. Follow the link in the mail that asked you to"
    " confirm it. If you sign in through your organisation and got none, ask an administrator of this workspace.",
    "approvers.few": _few,
    "approvers.none": "The policy names nobody who could approve this.",
    "duration.long": _too_long,
    "duration.short": "The duration must be at least one second, in whole seconds.",
    "entitlement": "There is no such entitlement.",
    "justification.long": _long_why,
    "justification.missing": _no_why,
    "justification.pattern": _unfit_why,
    "limit.hour": _hour,
    "limit.open": _all_open,
    "limit.replacing": _no_room_to_replace,
    "limit.waiting": _all_waiting,
    "older": "What was to be replaced is no request of yours for the same. Choose what you need again.",
    "older.settled": _older_settled,
    "requester": _not_among,
    "requester.guest": "Nobody else approves this, so guests cannot get it by themselves. Ask a member of the"
    " workspace to do what you need, or your administrators for something that somebody approves.",
    "terms": "The policy no longer offers this.",
    "terms.changed": "The policy has changed and no longer offers what was asked. Ask again.",
    "decided": _decided,
    "expired": "The time to decide this request is over.",
    "incomplete": "This request does not have the approvals it needs.",
    "incomplete.foreign": "These approvals belong to another request.",
    "needed_later": _later,
    "no_vote": "You have no approval on this request that you could take back.",
    "not_approver": _no_approver,
    "not_approver.gone": "Nobody can decide on this request any more: the policy no longer offers what it asks"
    " for.",
    "not_approver.holder": "Only its holder can end this access here. An administrator can remove its binding in"
    " Google Cloud.",
    "not_approver.stage": _no_approver_of_a_stage,
    "not_needed": "The step that you can approve has the approvals it needs.",
    "not_waiting": "This request has the approvals it needs.",
    "not_yet": _not_yet,
    "not_yours": "Only the person who asked can withdraw this request. While it waits, an approver can deny it.",
    "older_card": "These buttons are older than your last vote, so nothing was changed. "
    "The card is drawn anew in a moment: press again there.",
    "printed_name": _own_name,
    "printed_name.none": "Your account shows no name to sign with. Set it first.",
    "reviewed": "You have decided on this request already.",
    "reviewed.addresses": "You approved this under two addresses that are one person by now, so that counts no"
    " more, and you cannot approve it again. Somebody else can; you can still deny it.",
    "self": "You asked for this yourself, so somebody else must decide.",
    "self.decide": "You cannot decide on your own request. Somebody else must; you can withdraw it.",
    "sign_required": "This needs your signature: press Sign and approve.",
    "token": "This button does not come from this service.",
    "token.restored": "These buttons are older than the restored store. Use the card drawn anew; "
    "where there is none, it has to be asked for again.",
    "token.revision": "These buttons belong to an older version of the request. Use the newest card.",
    "token_expired": "These buttons are out of date. The card is drawn anew; press again there.",
    "votes": _votes,
    "active": "This grant is active already.",
    "active.made": "This grant was made.",
    "closed": "This access has ended already.",
    "grant.removed": "This grant is not waiting to be removed.",
    "grant.told": "Nothing new stands in the way of this grant.",
    "no_grant": _no_grant,
    "why": "Say why you end the access of somebody else: its holder reads it.",
    "window": "The window of this grant is not over.",
    "broken": _broken,
    "broken.installation": _broken_installation,
    "undecided": _undecided,
    "unlisted": _unlisted,
    "unlisted.inside": "A group inside the group cannot be looked into.",
}
