"""What people read who are called to a drill."""

from datetime import timedelta

from approvals.drills import Drill
from approvals.times import in_words, whole_seconds
from handlers.wording.text.lines import Line

BUTTON = "I am here"
LABEL = "I am here: answer the drill"

_WHY = (
    "Whoever runs Countersign wants to know who would approve in time. Nobody gets access by it, and nothing is"
    " approved: press the button, and that is all. It counts until "
)
ON_PAGE = " The page asks you to sign in, and has the button."
"""What a mail adds, which has none."""

ANSWERED = "You answered this drill. Thank you: that was all."
OVER = "This drill is over. Nothing is needed of you."


def call(drill: Drill) -> tuple[Line, ...]:
    """What is asked, and that nothing follows from it."""
    return (
        ("This is a drill: are you there?",),
        (_WHY, drill.until, "."),
    )


def after(drill: Drill, person: str) -> tuple[Line, ...]:
    """What stands in its place when somebody has answered, or the time is over."""
    found = drill.answer(person)
    if found is None:
        return ((OVER,),)
    took = in_words(max(timedelta(seconds=1), whole_seconds(found.at) - whole_seconds(drill.begun)))
    return ((ANSWERED,), (f"It took {took}.",))
