"""What Slack is answered when a listener raises: one table for commands, buttons, lists and forms."""

import logging
from typing import Any

from approvals.refusals.errors import Conflict, CountersignError, NotFound, Refused, Unavailable
from handlers.links import ask_link
from handlers.slack.answers import Answer, answer
from handlers.slack.listeners import Failed
from handlers.slack.modals import notice_view
from handlers.slack.payloads import Malformed, read
from handlers.slack.replies import lines, sentence
from handlers.slack.responder import Responder
from handlers.wording.errors import error_id, generic, in_words
from handlers.wording.refusing.refusals import Said
from handlers.wording.text.lines import Link

_WHISPERED = ("block_actions", "message_action")
"""What Slack shows no answer of."""

_logger = logging.getLogger("countersign.slack")

# Which field of which form a refusal belongs to; a form's first field takes what may pass by itself.
_FIELDS: dict[str, dict[str, str]] = {
    "request": {
        "": "entitlement",
        "frozen": "entitlement",
        "entitlement": "entitlement",
        "limit": "entitlement",
        "older": "entitlement",
        "requester": "entitlement",
        "approvers": "entitlement",
        "break_glass": "entitlement",
        "unreviewed": "entitlement",
        "duration": "duration",
        "start": "start",
        "justification": "justification",
    },
    "remark": {"": "comment", "frozen": "comment", "comment": "comment"},
    "sign": {
        "": "printed_name",
        "frozen": "printed_name",
        "printed_name": "printed_name",
        "meaning": "meaning",
        "comment": "comment",
    },
    "sign_several": {
        "": "printed_name",
        "frozen": "printed_name",
        "printed_name": "printed_name",
        "meaning": "meaning",
        "comment": "comment",
    },
    "deny": {"": "reason", "frozen": "reason", "reason": "reason"},
    "end": {"": "reason", "reason": "reason", "why": "reason"},
    "offer": {"": "duration", "frozen": "duration", "duration": "duration", "counter": "duration", "why": "why"},
    "home_search": {"": "who", "who": "who", "until": "until"},
    "finding": {"": "reason", "reason": "reason", "after_review": "reason"},
    "extend": {
        "": "duration",
        "frozen": "duration",
        "extends": "duration",
        "limit": "duration",
        "duration": "duration",
        "justification": "justification",
    },
}


def answering(responder: Responder) -> Failed:
    """Make what answers for every listener that raises."""

    def failed(error: Exception, body: dict[str, Any]) -> Answer:
        if isinstance(error, Malformed):
            _logger.info("refused a payload: %s", error)
            return answer(400, "This is no request that Slack makes.")
        text, status = _words(error)
        if body.get("type") in _WHISPERED:
            responder.whisper(read(body), text)
            return answer(status)
        return _answer(error, text, body, pages_url=responder.pages_url)

    return failed


def crowded(body: dict[str, Any]) -> Answer:
    """What somebody is answered who has too much under way, or sends too fast; nobody else hears of it."""
    text = "You sent several things within a moment. This one was not looked at: send it again in a few seconds."
    if body.get("type") in _WHISPERED:
        return answer(503)
    return _answer(Said("", text), text, body)


def _words(error: Exception) -> tuple[str, int]:
    """The sentence, and how a click is answered: one that may have to be repeated is no success.

    Slack marks such a click as failed, whether or not the sentence reaches the person.
    """
    if isinstance(error, Refused):
        return in_words(error), 200
    if isinstance(error, Unavailable | Conflict | NotFound):
        _logger.warning("could not serve a person: %s", error)
        return in_words(error), 200 if isinstance(error, NotFound) else 503
    reference = error_id()
    _logger.error("%s: unexpected %s", reference, type(error).__name__, exc_info=error)
    return generic(reference), 500


def _answer(error: Exception, text: str, body: dict[str, Any], *, pages_url: str = "") -> Answer:
    kind = body.get("type")
    if kind == "view_submission":
        return answer(200, _of_form(error, text, body))
    if kind == "block_suggestion":
        return answer(200, {"options": []})
    if pages_url and isinstance(error, Refused) and error.code == "accept.request":
        return answer(200, lines([(text,), (Link("Ask on the pages", ask_link(pages_url)),)]))
    return answer(200, sentence(text))


def _of_form(error: Exception, text: str, body: dict[str, Any]) -> dict[str, Any]:
    fields = _FIELDS.get(body.get("view", {}).get("callback_id", ""), {})
    kind = error.kind if isinstance(error, Refused) else ""
    passing = isinstance(error, CountersignError) and not isinstance(error, NotFound)
    if passing and kind in fields:
        every = error.all if isinstance(error, Refused) else ()
        known = [(fields[each.kind], in_words(each)) for each in every if each.kind in fields]
        # One sentence a field, the first: what follows may only follow from it.
        return {"response_action": "errors", "errors": dict(reversed(known)) or {fields[kind]: text}}
    return {"response_action": "update", "view": notice_view(text)}
