"""What is still to be done, by the records: now, and until everything is over."""

import time
from collections.abc import Collection

from chaos.inspection import held, over
from chaos.patience import Patience
from chaos.records import Job, Records


def busy(job: Job, pids: Collection[int]) -> bool:
    """It is due, or one of these living workers has it."""
    if held(job):
        return job.until > time.time() and any(f"/{pid}/" in job.owner for pid in pids)
    return job.due is not None and job.due <= time.time()


def settled(records: Records, pids: Collection[int], *, patience: Patience, pause: float) -> list[str]:
    """Wait until all that is due and free is done; what is not, although nothing goes on."""
    while late := [job for job in records.jobs().values() if busy(job, pids)]:
        if not patience.is_left(late):
            return [f"{job.subject} is not done, and nothing goes on" for job in late]
        time.sleep(pause)
    return []


def run_out(records: Records, pids: Collection[int], *, within: float, pause: float) -> list[str]:
    """Wait until everything is over; some of what is not, although none of it ended for so many seconds."""
    patience = Patience(within)
    while open_ := left(records, pids, within=within):
        if not patience.is_left(open_):
            return [f"still open, and none ended for {within:.0f} s: {each}" for each in open_[:5]]
        time.sleep(pause)
    return []


def left(records: Records, pids: Collection[int], *, within: float) -> list[str]:
    """What is pending, gives access, is worked on, or waits to be drawn. Nobody waits for what has no time,
    nor for the review of an emergency, which is due days later. `within`: seconds from now."""
    soon = time.time() + within
    waiting = [
        job
        for job in records.jobs().values()
        if job.subject[:8] == "request:"
        and job.due
        and job.due < soon
        and any(post.next for post in job.posts.posts.values())
    ]
    working = [job for job in records.jobs().values() if held(job) or busy(job, pids)]
    holding = [each for each in records.holding() if each.after_review is None or not over(each)]
    return [
        *(f"{request.id} is {request.state}" for request in (*records.pending(), *holding)),
        *(f"{job.subject} is worked on" for job in working),
        *(f"{job.subject} waits to be drawn" for job in waiting),
    ]
