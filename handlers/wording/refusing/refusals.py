"""What people are told who are refused something: one table, a sentence for each code, made of its facts."""

from collections.abc import Callable, Mapping
from typing import cast

from approvals.refusals.codes import Code
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason
from handlers.wording import absences, emergencies, freeze, several
from handlers.wording.refusing import (
    accounts,
    automatic,
    capacity,
    groups,
    limits,
    longer,
    rules,
    sentences,
    troubles,
)

_Words = Callable[..., str]


class Said(Refused):
    """A refusal that a channel words itself, for it is about the channel or about what was typed there."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(Reason(code))
        self.said = said


def sentence(found: Reason) -> str:
    """Say why something is refused; the code alone where another release knew it, or knew it by other facts."""
    words = SENTENCES.get(cast("Code", found.code))
    if isinstance(words, str):
        return words
    try:
        return words(**found.facts) if words is not None else found.code
    except (TypeError, ValueError):
        return found.code


def worded(found: Reason | str) -> str:
    """Say a reason that was stored; a record of 0.1.0 holds words in its place."""
    return found if isinstance(found, str) else sentence(found)


def told(refusal: Refused) -> str:
    """Say why somebody is refused something."""
    return refusal.said if isinstance(refusal, Said) else sentence(refusal.reason)


SENTENCES: Mapping[Code, str | _Words] = {
    **accounts.REFUSED,
    "drill.open": "Another drill is not over yet.",
    "drill.others": "This drill is for somebody else.",
    "drill.over": "This drill is over. Thank you all the same.",
    "action": "There is no such action of this application.",
    "application": "The policy does not list this application any more.",
    "approvers.few": sentences.few,
    "approvers.none": "The policy names nobody who could approve this. Whoever writes it can name somebody.",
    "break_glass": emergencies.unconfirmed_emergency,
    "break_glass.none": emergencies.no_emergency,
    "break_glass.reviewers": emergencies.nobody_reviews,
    "unreviewed": emergencies.unreviewed,
    "duration.long": sentences.too_long,
    "duration.short": "The duration must be at least one second, in whole seconds.",
    "entitlement": "There is no such entitlement.",
    "entitlement.absent": "IAM does not offer this, or no longer: there is no eligible binding for it.",
    "extends.early": "This access has not begun, so there is nothing to extend yet. Cancel it, and ask anew for"
    " the time that you need.",
    "extends.early.approval": "This approval has not begun, so there is nothing to extend yet. Cancel it, and ask"
    " anew for the time that you need.",
    "extends.emergency": "Emergency access is not extended. Ask for it again, and say why you still need it.",
    "extends.long": longer.longer_than_allowed,
    "extends.over": longer.nothing_to_extend,
    "extends.over.approval": longer.no_approval_to_extend,
    "extends.twice": longer.extended_twice,
    "extends.yours": "Only whoever has this access can extend it.",
    "extends.yours.approval": "Only whoever has this approval can extend it.",
    "guardrail": "The policy does not let this be done, whoever approves it.",
    "guardrail.error": "The policy has a rule for this that cannot be answered for what was asked and for whom, so"
    " it is not done. Tell whoever writes the policy.",
    "guardrail.role": rules.never_given,
    "guardrail.said": sentences.said_by_policy,
    "guardrail.self": rules.never_alone,
    "iam.bindings": capacity.same,
    "iam.member": capacity.outside,
    "iam.principals": capacity.principals,
    "iam.role": capacity.ungrantable,
    "issuer": "The policy does not let this application ask for people whom this issuer vouches for.",
    "issuer.asserted": "The policy does not let this application name a person by its own word alone. It can bring"
    " a token of theirs.",
    "justification.long": sentences.long_why,
    "justification.missing": sentences.no_why,
    "justification.pattern": sentences.unfit_why,
    "limit.application.hour": limits.application_hour,
    "limit.application.waiting": limits.application_waiting,
    "limit.hour": limits.hour,
    "limit.open": limits.all_open,
    "limit.share.hour": limits.share_hour,
    "limit.share.waiting": limits.share_waiting,
    "limit.waiting": limits.all_waiting,
    "older": "What was to be replaced is no request of yours for the same. Choose what you need again.",
    "older.settled": sentences.older_settled,
    "parameters": sentences.unfit_parameters,
    "parameters.differ": sentences.other_parameters,
    "requester": sentences.not_among,
    "requester.guest": "Nobody else approves this, so guests cannot get it by themselves. Ask a member of the"
    " workspace to do what you need, or your administrators for something that somebody approves.",
    "requester.guest.emergency": "Guests get no access in an emergency. Ask a member of the workspace to do what"
    " has to be done.",
    "requester.service_account.emergency": "A service account gets no access in an emergency: a person declares"
    " one, and answers for it. Let somebody who may ask do so.",
    "requester.service_account": "Nobody else approves this, so a service account cannot get it by itself. Ask for"
    " something that somebody approves.",
    "start.emergency": "Emergency access begins at once. Ask without a start.",
    "start.extends": "An extension begins where that ends which it extends. Ask without a start.",
    "start.far": longer.too_far_ahead,
    "start.past": "That time is over. Leave the start empty for as soon as it is approved, or name a time to"
    " come.",
    "step_up": sentences.step_up,
    "terms": "The policy no longer offers this.",
    "terms.changed": "The policy has changed and no longer offers what was asked. Ask again.",
    "auto": automatic.does_not,
    "auto.error": automatic.fails,
    "auto.unknown": automatic.cannot_know,
    "when": rules.not_when,
    "when.error": rules.when_fails,
    "frozen": freeze.everything_is_frozen,
    "frozen.entitlement": freeze.an_entitlement_is_frozen,
    "frozen.person": freeze.a_person_is_frozen,
    "frozen.you": freeze.you_are_frozen,
    "already_frozen": freeze.frozen_already,
    "not_frozen": freeze.not_frozen,
    "freezing.entitlement": freeze.no_entitlement,
    "freezing.person": freeze.no_person,
    "why.freeze": "Say why: it is kept, and whoever is refused something because of a freeze reads its reason.",
    "approve_when": rules.unfit_vote,
    "approve_when.error": rules.unfit_rule,
    "changed": "This is another request than the one that you were shown. Look at it again, and decide then.",
    "confirmed": "This is confirmed already, or needs no confirmation.",
    "counter.action": "An application's action is approved or denied as it is: nothing less can be offered.",
    "counter.many": longer.too_many_offers,
    "counter.none": "Nothing is offered here that could be accepted. The request waits as it is, or was decided.",
    "counter.same": "That is what was asked for. Offer less time, or leave something out.",
    "counter.targets": "Leave at least one of the things that were asked for, and none that were not. To give"
    " nothing, deny the request.",
    "counter.wider": longer.wider_offer,
    "counter.yours": "Only whoever asked can accept what is offered instead.",
    "decided": sentences.decided,
    "expired": "The time to decide this request is over.",
    "incomplete": "This request does not have the approvals it needs.",
    "incomplete.foreign": "These approvals belong to another request.",
    "needed_later": sentences.later,
    "no_vote": "You have no approval on this request that you could take back.",
    "not_approver": sentences.no_approver,
    "not_approver.gone": "Nobody can decide on this request any more: the policy no longer offers what it asks"
    " for.",
    "not_approver.holder": "Only its holder can end this access, and the administrators whom the policy names.",
    "not_approver.holder.approval": "Only its holder can end this approval, and the administrators whom the policy"
    " names.",
    "not_approver.same": groups.same_group,
    "not_approver.stage": sentences.no_approver_of_a_stage,
    "not_needed": "The step that you can approve has the approvals it needs.",
    "not_waiting": "This request has the approvals it needs.",
    "not_yet": sentences.not_yet,
    "not_yours": "Only the person who asked can withdraw this request. While it waits, an approver can deny it.",
    "away.delegate": absences.no_delegate,
    "away.not": "You are not away, so there is nothing to come back from.",
    "away.off": "The policy lets nobody stand in for somebody else: whoever writes it can name who may"
    " (`delegates`).",
    "away.self": "Nobody stands in for themselves. Name somebody else.",
    "away.time": absences.no_time_away,
    "away.too": absences.away_too,
    "one_person": absences.one_person,
    "older_card": "These buttons are older than your last vote, so nothing was changed. "
    "The card is drawn anew in a moment: press again there.",
    "owner": "You own the service account that asks for this, so somebody else must decide.",
    "page_only": "There is more of this than fits here, and nobody approves what they have not seen whole. Open"
    " its page, and approve it there. You can deny it here.",
    "no_pages": "People could not be shown all of this: it does not fit on a card, and there are no pages."
    " Ask with less, or have your administrators set pages up.",
    "printed_name": sentences.own_name,
    "printed_name.none": "Your account shows no name here that a signature could be held against, as the policy"
    " wants it. On a page no account does: sign in the chat, with your name set there.",
    "reviewed": "You have decided on this request already.",
    "reviewed.addresses": "You approved this under two addresses that are one person by now, so that counts no"
    " more, and you cannot approve it again. Somebody else can; you can still deny it.",
    "self": "You asked for this yourself, so somebody else must decide.",
    "self.confirm": "This was asked for in your name, and waits for you to press a button yourself, in the chat"
    " or on its page. No program can do that for you.",
    "self.decide": "You cannot decide on your own request. Somebody else must; you can withdraw it.",
    "sign_required": "This needs your signature: press Sign and approve.",
    "token.asserted": "By the policy this application cannot name people by its own word. Let it bring a token of"
    " the person's, or have the policy allow it (`may_assert`).",
    "token.person": "What this call brought to prove for whom it asks does not count here. Let the person sign in"
    " anew, and ask again. If that does not help, whoever runs this service finds in its log what is wrong.",
    "token.unknown": "Who it is for is proven, and nobody whom the policy knows. Whoever writes it can name"
    " them as an alias, or list what addresses their sign-in may vouch for.",
    "unauthorized": "This call carries no proof that counts here of which application makes it. Sign each call"
    " anew, with a key that the policy lists for your application. The log of this service says what was wrong.",
    "token": "This button or link does not come from this service, or is not whole. Open it anew, from its"
    " card or its mail.",
    "token.restored": "These buttons are older than the restored store. Use the card drawn anew; "
    "where there is none, it has to be asked for again.",
    "token.revision": "These buttons belong to an older version of the request. Use the newest card.",
    "token_expired": "These buttons are out of date. The card is drawn anew; press again there.",
    "unconfirmed.person": "Whoever this is asked for has to confirm it first, or approve it by themselves: they do"
    " that in the chat or on its page.",
    "votes": limits.votes,
    "after_review": emergencies.no_reviewer,
    "after_review.done": emergencies.reviewed_already,
    "after_review.none": "There is nothing to review here: nobody broke the glass for it.",
    "after_review.self": "This was your own emergency, so somebody else must review it.",
    "after_review.why": "Say why it was justified, or why not: it is kept with the request.",
    "active": "This grant is active already.",
    "active.made": "This grant was made.",
    "closed": "This access has ended already.",
    "closed.approval": "This approval has ended already.",
    "google.constraint": capacity.forbidden,
    **troubles.REFUSED,
    "grant.early": "The time of this access has not come.",
    "grant.late": "the window was over before the grant could be made",
    "grant.restored": "the store was restored from a backup meanwhile",
    "grant.removed": "This grant is not waiting to be removed.",
    "grant.told": "Nothing new stands in the way of this grant.",
    "no_grant": sentences.no_grant,
    "no_grant.approval": sentences.no_approval,
    "no_grant.extend": longer.nothing_begun,
    "unusable": sentences.unusable,
    "unusable.restored": "The store of this service was restored from a backup since this was approved, so nobody"
    " can tell whether it was used. Ask again.",
    "used": "This was used already, and an approval serves once. Ask again.",
    "why": "Say why you end the access of somebody else: its holder reads it.",
    "why.approval": "Say why you end the approval of somebody else: its holder reads it.",
    "window": "The window of this grant is not over.",
    **several.REFUSED,
    "broken": sentences.broken,
    "broken.installation": sentences.broken_installation,
    "undecided": sentences.undecided,
    "unlisted": sentences.unlisted,
    "unused": sentences.unused,
    "erased": sentences.no_receipt,
}
