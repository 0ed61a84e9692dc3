"""How a call of a tool stands whose approval is for several, while nothing has ended that."""

from approvals.requests import Request, counting, unshut
from handlers.wording.grants import Standing
from handlers.wording.several import so_many
from handlers.wording.text.lines import Code, Line


def standing(request: Request) -> Standing | None:
    """How a call stands whose approval is for several, and has not ended; None where it does not."""
    if not unshut(request):
        return None
    return Standing(
        symbol="✅", words="Approved for several calls", meaning=(*_so_far(request), *_itself(request))
    )


def held_by(request: Request) -> Line:
    """On what else a call rests that was taken: whoever ends the approval of several ends it, too."""
    within = request.terms.within
    return (", while the approval of ", Code(within.request), " stands") if within is not None else ()


def _so_far(request: Request) -> Line:
    """How many are taken, and until when others can be, or those that are."""
    window = request.window
    if window is None:
        return ()
    if counting(request):
        are = "is" if window.taken == 1 else "are"
        return (f"{so_many(window)} {are} taken; more can be until ", window.until, ".")
    lead = f"Of its calls all {window.uses} are taken: the next one is asked for anew."
    return (f"{lead} What is not made yet can be until ", window.until, ".")


def _itself(request: Request) -> Line:
    """What became of the call that is shown, which is the first of them."""
    if request.used is not None:
        return (" This one was used ", request.used.at, ".")
    if request.lapsed is not None or request.use_by is None:
        return (" This one was not used in time.",)
    return (" This one can be used until ", request.use_by, ".")
