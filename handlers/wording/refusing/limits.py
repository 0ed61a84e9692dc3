"""The sentences of limits: how often somebody files and votes, and how much of theirs is open."""

from datetime import timedelta

from approvals.times import in_words
from handlers.wording.text.amounts import many

_MINUTE = 60


def _requests(number: int) -> str:
    return many(number, "request")


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


def share_hour(*, most: int, wait: int) -> str:
    again = timedelta(seconds=-(-wait // _MINUTE) * _MINUTE)
    return (
        f"This agent has filed {_requests(most)} for one person within an hour, which is the most, whatever became"
        f" of them. Ask again in {in_words(again)}."
    )


def share_waiting(most: int) -> str:
    return (
        f"This agent has {_requests(most)} waiting for one person, which is the most."
        " Withdraw one first, or wait until one is decided."
    )


def all_open(most: int) -> str:
    return f"You have {most} requests and accesses at once, which is the most. End what you no longer need."


def all_waiting(most: int) -> str:
    return (
        f"You have {_requests(most)} waiting, which is the most. Withdraw one first, or wait until one is decided."
    )


def votes(most: int) -> str:
    return (
        f"You have voted {most} times on this request, so your last vote stands. "
        "Somebody else who may decide can still deny it."
    )
