"""Whether the topic that is told of what happens takes messages of this service; none is published to see it."""

from approvals.backends.topics import Topic
from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import CountersignError

PART = "events"


def topic(name: str, *, base_url: str | None, timeout: float) -> Diagnosis | None:
    """What is wrong with publishing to it; None where nothing is."""
    try:
        if Topic(name, base_url=base_url).lets_in(timeout=timeout):
            return None
    except CountersignError as error:
        cause = error.__cause__
        if enable := getattr(cause, "disabled", ""):
            return found(PART, "wrong", "google.disabled", enable=enable)
        if getattr(cause, "silence", "") == "credentials":
            return found(PART, "wrong", "google.credentials", said=cause)
        return found(PART, "unknown", "google.unanswered", what=name, said=error)
    return found(PART, "wrong", "events.lacking", topic=name)
