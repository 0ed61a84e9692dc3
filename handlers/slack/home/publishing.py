"""Draws the Home tab for whoever opens it, and anew after whatever they do from it. One at a time a person."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.refusals.errors import CountersignError
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.home.drawing import home, refused
from handlers.slack.home.gathering import Gatherer
from handlers.slack.home.places import Place, place_of
from handlers.slack.markup import Block
from handlers.slack.payloads import Malformed, Payload, read
from handlers.wording.errors import error_id, generic, in_words

_PUBLISH = 5.0
_LASTS = timedelta(hours=1)
"""So long after somebody was at home, the tab is drawn anew when they send a form."""
_PEOPLE = 2000
_HINTS = {"not_enabled": ": switch the Home tab on in the app's settings, under App Home"}

_logger = logging.getLogger("countersign.slack")


class _Job(msgspec.Struct, frozen=True):
    payload: Payload
    place: Place


class Homes:
    """Publishes. Nobody waits for it: each tab says from when it is, and its buttons check anew."""

    def __init__(
        self, gatherer: Gatherer, api: SlackApi, *, clock: Callable[[], datetime], background: Executor
    ) -> None:
        self._gatherer = gatherer
        self._api = api
        self._clock = clock
        self._background = background
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job | None] = {}
        self._at_home: OrderedDict[str, tuple[datetime, Place]] = OrderedDict()
        self._told: set[str] = set()

    def show(self, payload: Payload, place: Place) -> None:
        """Draw the tab of whoever the payload is of, soon. What is asked for meanwhile is drawn once, later."""
        person = f"{payload.person_team}/{payload.person}"
        with self._lock:
            self._at_home[person] = (self._clock(), place)
            self._at_home.move_to_end(person)
            if len(self._at_home) > _PEOPLE:
                self._at_home.popitem(last=False)
            is_drawn = person in self._jobs
            self._jobs[person] = _Job(payload, place)
            if is_drawn:
                return
            try:
                self._background.submit(self._work, person)
            except RuntimeError:  # the service stops
                del self._jobs[person]

    def after(self, body: dict[str, Any]) -> None:
        """Draw the tab anew for whoever pressed something there, or sent a form after having been there."""
        if body.get("type") not in ("block_actions", "view_submission"):
            return
        with suppress(Malformed):
            payload = read(body)
            if payload.at_home:
                if not payload.is_of_home():
                    self.show(payload, place_of(payload.view))
            elif payload.type == "view_submission" and (place := self._last(payload)) is not None:
                self.show(payload, place)

    def _last(self, payload: Payload) -> Place | None:
        with self._lock:
            at, place = self._at_home.get(f"{payload.person_team}/{payload.person}", (None, None))
        return place if at is not None and self._clock() - at <= _LASTS else None

    def _work(self, person: str) -> None:
        while (job := self._next(person)) is not None:
            try:
                self._draw(job)
            except SlackRefused as error:
                self._tell(error)
            except CountersignError as error:
                _logger.info("a Home tab is as it was before: %s", error)

    def _tell(self, error: SlackRefused) -> None:
        """Warn once of each reason for which Slack takes no tab: whoever looks sees nothing of it."""
        with self._lock:
            is_new = error.code not in self._told
            self._told.add(error.code)
        hint = _HINTS.get(error.code, "")
        _logger.log(
            logging.WARNING if is_new else logging.INFO, "a Home tab is as it was before: %s%s", error, hint
        )

    def _next(self, person: str) -> _Job | None:
        """What is still to be drawn for somebody; with nothing, whoever asks next begins anew."""
        with self._lock:
            job = self._jobs[person]
            self._jobs[person] = None
            if job is None:
                del self._jobs[person]
            return job

    def _draw(self, job: _Job) -> None:
        seen = job.payload.view.hash if job.payload.at_home and job.payload.view is not None else ""
        try:
            self._publish(job, {"hash": seen} if seen else {})
        except SlackRefused as error:
            if error.code != "hash_conflict":
                raise
            # It was drawn since, by another process maybe: what is read now is newer than that.
            self._publish(job, {})

    def _publish(self, job: _Job, against: dict[str, str]) -> None:
        person, view = job.payload.person, self._view(job)
        self._api.json("views.publish", timeout=_PUBLISH, user_id=person, view=view, **against)

    def _view(self, job: _Job) -> Block:
        try:
            return home(self._gatherer.gather(job.payload, job.place, now=self._clock()))
        except CountersignError as error:
            return refused(in_words(error))
        except Exception as error:  # somebody looks at an empty tab, and nothing else would tell
            reference = error_id()
            _logger.exception("%s: unexpected %s", reference, type(error).__name__)
            return refused(generic(reference))
