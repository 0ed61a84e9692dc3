"""What is refused at Slack's door: what the sender is answered, and what whoever runs the service should check."""

from http import HTTPStatus

from handlers.seldom import Seldom


class Rejected(Exception):
    """A request is answered without being read further. `check` is for the log, once a minute and `kind`."""

    def __init__(self, status: HTTPStatus, text: str, *, kind: str, check: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind
        self.check = check

    def say(self, seldom: Seldom) -> None:
        seldom.warn(self.kind, f"refused at Slack's door: {self.check}")


def unsigned() -> Rejected:
    return Rejected(
        HTTPStatus.UNAUTHORIZED,
        "This is not signed by Slack.",
        kind="unsigned",
        check="a request without Slack's signature. If clicks in Slack fail, see whether a proxy on the way takes"
        " the X-Slack-… headers away; otherwise it was somebody else",
    )


def stale(seconds: float) -> Rejected:
    """The time of a signature is so many seconds behind our clock, or ahead of it where they are negative."""
    side = "behind" if seconds > 0 else "ahead of"
    return Rejected(
        HTTPStatus.UNAUTHORIZED,
        "This signature is too old.",
        kind=f"stale, {side}",
        check=f"a request whose time is {abs(seconds):.0f} s {side} this machine's clock, and 300 s are allowed."
        " If clicks in Slack fail, set the clock right (NTP); otherwise somebody sends old requests again",
    )


def forged() -> Rejected:
    return Rejected(
        HTTPStatus.UNAUTHORIZED,
        "This is not signed by Slack.",
        kind="forged",
        check="a request that was signed with another secret. If clicks in Slack fail, compare"
        " SLACK_SIGNING_SECRET with the Signing Secret on the app's Basic Information page, and"
        " see whether a proxy on the way changes bodies; otherwise it was somebody else",
    )


def another_method(method: str) -> Rejected:
    return Rejected(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Only POST is answered here.",
        kind="another method",
        check=f"a {method} request, and Slack sends POST. See who else opens this address",
    )


def too_large(most: int) -> Rejected:
    return Rejected(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "This is too large.",
        kind="too large",
        check=f"a body of more than {most} bytes, which Slack never sends. See who else sends to this address",
    )


def broken_off() -> Rejected:
    return Rejected(
        HTTPStatus.BAD_REQUEST,
        "The request broke off.",
        kind="broken off",
        check="a request broke off before its end. If clicks in Slack fail, look at the network and the proxies"
        " on the way",
    )


def too_slow(seconds: float) -> Rejected:
    return Rejected(
        HTTPStatus.REQUEST_TIMEOUT,
        "The request did not come to its end.",
        kind="too slow",
        check=f"a request whose body did not come within {seconds:g} s. If clicks in Slack fail, look at the"
        " network and the proxies on the way",
    )


def too_late() -> Rejected:
    return Rejected(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many people wait at this moment.",
        kind="too late",
        check="a click waited so long for its turn that Slack had given up on it. See what keeps this machine"
        " busy, and whether Slack answers slowly",
    )


def garbage(why: str) -> Rejected:
    return Rejected(
        HTTPStatus.BAD_REQUEST,
        "This is no request that Slack makes.",
        kind="garbage",
        check=f"a request with a good signature and a body that Slack does not send ({why}). See who else holds"
        " the signing secret, and whether there is a newer version of Countersign",
    )


def unknown(kind: str) -> Rejected:
    return Rejected(
        HTTPStatus.NOT_FOUND,
        "",
        kind="unknown",
        check=f"Slack sent something of a kind that this app does not know ({kind}). Compare the app's"
        " settings in Slack with what `countersign manifest` prints",
    )
