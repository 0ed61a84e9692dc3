"""Sentences about access that begins later."""

from datetime import timedelta

from approvals.times import in_words


def too_far(longest: int) -> str:
    most = in_words(timedelta(seconds=longest))
    return f"Access can begin at most {most} from now. Ask for an earlier start, or ask when the time is nearer."
