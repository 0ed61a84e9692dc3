"""What people are told whose account cannot ask or decide here, or not by this way."""

from collections.abc import Callable, Mapping

from approvals.refusals.codes import Code


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


REFUSED: Mapping[Code, str | Callable[..., str]] = {
    "accept.decide": "By the policy this is decided on its page, where you sign in for it. Open the page from the"
    " card, and decide there.",
    "accept.request": "By the policy access is asked for on the pages, where you sign in for it. Ask there.",
    "address": "That is not one plain e-mail address.",
    "bot": "Bots and apps cannot ask or decide here.",
    "external.address": "Whoever signed you in has not confirmed your e-mail address, so it does not count here."
    " Confirm it there, and sign in again.",
    "external.provider": "You signed in by a way that has no access here. Use your organisation's account, or"
    " ask whoever runs this app.",
    "foreign_domain": foreign_domain,
    "foreign_team": "Only members of this workspace can ask or decide here.",
    "guest.ask": "Guests cannot ask for access here.",
    "guest.decide": "Guests cannot decide here.",
    "guest.end": "Guests cannot end the access of others.",
    "inactive": "This account is deactivated.",
    "inactive.gone": "The account is gone.",
    "inactive.moved": moved,
    "no_address": "Your e-mail address cannot be read here. You cannot mend that: tell whoever runs this app,"
    " whose log says what is missing.",
    "organisation": foreign_organisation,
    "proof.old": "It is too long ago that you showed who you are. Open the page again, and vote once more.",
    "plus_address": "An address with a plus sign cannot decide here. Use the account of your own address, "
    "or ask your administrators to name yours as an alias of it.",
    "service_account": "Service accounts cannot decide here, and cannot ask either unless the policy names their"
    " owners: then they ask through Identity-Aware Proxy.",
    "service_account.decide": "Service accounts cannot decide: people do.",
    "unconfirmed": "Your e-mail address is not confirmed yet. Follow the link in the mail that asked you to"
    " confirm it. If you sign in through your organisation and got none, ask an administrator of this workspace.",
    "web.attribute": "Your account has not what the pages need here. Ask whoever runs this app what that is.",
    "web.level": "The pages need a device or a network that you are not on now. Use your managed device, or ask"
    " whoever runs this app what is needed.",
}
