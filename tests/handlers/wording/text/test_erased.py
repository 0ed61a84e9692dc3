"""What stands in the place of a text that was erased: words where one was, and nothing where nobody typed one."""

import msgspec
import pytest

from approvals.ports.store import Stretch
from approvals.requests import Request
from approvals.reviews import typed
from approvals.texts import without_texts
from handlers.wording.history.exports import written
from handlers.wording.text.erased import text_of
from tests.support.builders import NOW, filed

GONE = "The typed text was erased on 2026-11-22."


def erased(text: str) -> Request:
    request = filed().request
    said = typed(text, salt="s" * 22)
    spoken = msgspec.structs.replace(request, terms=msgspec.structs.replace(request.terms, justification=said))
    return msgspec.structs.replace(without_texts(spoken), erased=NOW)


@pytest.mark.parametrize(("text", "said"), [("INC-1 the disk is full", GONE), ("", "")])
def test_only_what_was_typed_is_said_to_be_erased(text: str, said: str) -> None:
    request = erased(text)
    (line,) = written([Stretch(requests=(request,), damaged=())], "jsonl")

    assert text_of(request, request.terms.justification) == said
    assert msgspec.json.decode(line)["reason"] == said
