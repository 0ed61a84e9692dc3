"""What people are told who ask for something that they have, or have asked for already."""

from approvals.requests import Request
from approvals.uses.asking import Replaced
from handlers.wording.grants import ending
from handlers.wording.late import since
from handlers.wording.text.lines import Code, Line


def you_have(request: Request) -> Line:
    """Say until when somebody has an access already."""
    if request.grant is None:
        return ()
    return ("You have this already until ", ending(request.grant), " (", Code(request.id), ").")


def you_asked(request: Request) -> Line:
    """Say that somebody's older request waits."""
    return ("You asked for this before, and it still waits: ", Code(request.id), ".")


def not_replaced(replaced: Replaced) -> str:
    """Say what the older request had become before it could be withdrawn; empty where it was withdrawn."""
    older = replaced.older
    if older.state in ("pending", "withdrawn"):
        return ""
    return (
        f"Your request is filed as {replaced.request.id}. {older.id} was {older.state} meanwhile and is not"
        f" withdrawn. {since(older)}"
    )
