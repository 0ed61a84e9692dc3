"""What listeners answer by: forms and whispers, which only Slack has, links, and what one has already."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime

from approvals.already import Already
from approvals.identities import Identity
from approvals.refusals.errors import CountersignError
from approvals.requests import Request
from approvals.uses.looking import Looking
from handlers.deadline import left
from handlers.slack.authentication import Authentication
from handlers.slack.choices import Choices
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.markup import Block
from handlers.slack.modals import notice_view
from handlers.slack.payloads import Payload, View
from handlers.slack.replies import sentence
from handlers.slack.settings import SCHEME
from handlers.slack.workspace import Workspace
from handlers.wording.refusing.refusals import Said

OPEN = 1.5
"""Seconds for `views.open`; a trigger lives three (docs.slack.dev, views.open)."""

WHISPER = 5.0
_MOST_WHISPERS = 200

_logger = logging.getLogger("countersign.slack")


class Responder:
    """What every listener works with, beside the uses. `background` does what nobody waits for."""

    def __init__(
        self,
        *,
        looking: Looking,
        authentication: Authentication,
        workspace: Workspace,
        api: SlackApi,
        clock: Callable[[], datetime],
        background: Executor,
        pages_url: str = "",
    ) -> None:
        self.pages_url = pages_url
        self._looking = looking
        self._workspace = workspace
        self.authentication = authentication
        self.choices = Choices()
        self.clock = clock
        self._api = api
        self._background = background
        self._room = threading.BoundedSemaphore(_MOST_WHISPERS)

    def link(self, request: Request, *, keys: Sequence[str]) -> str:
        """The address of the first of a request's messages that stands; empty where none can be led to."""
        found = ""
        with suppress(CountersignError):
            posted = self._looking.message(request, keys=keys)
            if posted is not None and posted.channel in ("", SCHEME):
                found = self._workspace.home().link(posted)
        return found

    def already(self, identity: Identity, entitlement: str, *, now: datetime) -> Already:
        """What the person has of an entitlement, for a form to say; nothing where that cannot be known now."""
        try:
            return self._looking.already(identity, entitlement, now=now)
        except CountersignError as error:
            _logger.info("a form does not say what somebody has already: %s", error)
            return Already()

    def open_form(self, payload: Payload, form: Block) -> None:
        """Open a form for whoever acted. Raises `Refused` when Slack's time for it is over, or `Unavailable`."""
        try:
            self._api.json("views.open", timeout=left(OPEN), trigger_id=payload.trigger_id, view=form)
        except SlackRefused as error:
            # Some workspaces get `invalid_arguments`, with the trigger named in the problems.
            if "trigger" in error.code or "trigger_id" in error.detail:
                raise Said("trigger", "Slack's three seconds for this were over. Try again.") from error
            raise

    def redraw_form(self, view: View, form: Block, *, moment: str) -> None:
        """Show a form anew for a choice of that moment. It can be filled in as it is, so nothing is raised.

        Where it was shown anew since, for another choice, the newest choice that is known of draws it once more.
        """
        try:
            self._redrawn(view, form, moment)
        except CountersignError as error:
            _logger.info("a form does not say what is known of a choice: %s", error)

    def _redrawn(self, view: View, form: Block, moment: str) -> None:
        try:
            self._api.json("views.update", timeout=left(OPEN), view_id=view.id, hash=view.hash, view=form)
        except SlackRefused as error:
            if error.code != "hash_conflict" or not self.choices.is_newest(view.id, moment):
                raise
            self._api.json("views.update", timeout=left(OPEN), view_id=view.id, view=form)

    def whisper(self, payload: Payload, text: str) -> None:
        """Tell whoever acted something that only they see, soon and at best effort."""
        if (payload.channel is None and not payload.at_home) or not self._room.acquire(blocking=False):
            return
        try:
            self._background.submit(self._tell, payload, text)
        except RuntimeError:
            self._room.release()

    def _tell(self, payload: Payload, text: str) -> None:
        try:
            if payload.channel is not None:
                self._whisper(payload.channel.id, payload, text)
            else:
                self._tell_at_home(payload, text)
        except CountersignError as error:
            _logger.info("a private answer did not reach its reader: %s", error)
        finally:
            self._room.release()

    def _tell_at_home(self, payload: Payload, text: str) -> None:
        """Say it over the Home tab, which is in no channel; where that is too late, among the direct messages."""
        try:
            self._api.json("views.open", timeout=OPEN, trigger_id=payload.trigger_id, view=notice_view(text))
        except SlackRefused:
            answer = self._api.json("conversations.open", timeout=WHISPER, users=payload.person)
            self._whisper(str((answer.get("channel") or {}).get("id", "")), payload, text)

    def _whisper(self, channel: str, payload: Payload, text: str) -> None:
        thread = payload.container.thread_ts if payload.container else None
        place = {"channel": channel, "user": payload.person} | ({"thread_ts": thread} if thread else {})
        try:
            self._api.json("chat.postEphemeral", timeout=WHISPER, **sentence(text), **place)
        except SlackRefused:
            # Where somebody acts the app need not be (`not_in_channel`, `channel_not_found`).
            if not payload.response_url:
                raise
            self._api.respond(payload.response_url, timeout=WHISPER, **sentence(text))
