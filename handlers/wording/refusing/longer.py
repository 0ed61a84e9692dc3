"""The sentences of refusals about access that is to last longer, and about less than was asked."""

from datetime import timedelta

from approvals.times import in_words


def longer_than_allowed(*, title: str, longest: int, most: int) -> str:
    whole = in_words(timedelta(seconds=longest))
    said = f"Too long: {title} lasts for at most {whole} in all, however often it is extended."
    if not most:
        return f"{said} It cannot be extended any more: ask again when it has ended."
    return f"{said} It can be extended by at most {in_words(timedelta(seconds=most))} now."


def too_far_ahead(longest: int) -> str:
    most = in_words(timedelta(seconds=longest))
    return f"It can begin at most {most} from now. Ask for an earlier start, or ask when the time is nearer."


def nothing_begun(state: str) -> str:
    if state == "pending":
        return "This request is pending, so there is nothing to extend yet. Ask anew for the time that you need."
    return f"This request is {state}, so there is nothing to extend. Ask anew."


def nothing_to_extend(request: str) -> str:
    return f"The access of {request}, which this would have extended, is over or was taken away. Ask anew."


def no_approval_to_extend(request: str) -> str:
    return f"The approval of {request}, which this would have extended, is over or was taken away. Ask anew."


def extended_twice(request: str) -> str:
    return (
        f"Request {request} asks to extend this already, and waits. Withdraw it first if you want it to last for"
        " another time."
    )


def too_many_offers(most: int) -> str:
    return f"{most} offers were made on this request, which is the most. Approve it or deny it."


def wider_offer(longest: int) -> str:
    whole = in_words(timedelta(seconds=longest))
    return f"An offer is never more than what was asked for, which is {whole}. Offer less time than that."
