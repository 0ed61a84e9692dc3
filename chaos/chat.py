"""What somebody does at a message of the workspace: presses a button, and fills in the form that it opens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from approvals.requests import Request
from chaos.records import Records
from sandbox.app import Sandbox
from sandbox.slack.records import Message, Outcome, SlackError


class Chat:
    """Everybody's Slack. `records` is what the service has stored, once there is anything."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._forms: dict[str, threading.Lock] = {}
        self._records: Records | None = None

    @property
    def records(self) -> Records:
        """Raises `RuntimeError` before the service has a store."""
        if self._records is None:
            raise RuntimeError("the service has no store yet")
        return self._records

    @records.setter
    def records(self, records: Records) -> None:
        self._records = records

    def since(self) -> str:
        """The moment, as the workspace counts."""
        return self._box.slack.state.new_ts()

    def press(self, who: str, button: str, request: Request, *, post: str = "card") -> Outcome:
        """Press a button of the request's card, or of another of its messages."""
        return self._box.slack.press(who, button, message=self.message(request, post))

    def fill_in(
        self,
        who: str,
        button: str,
        request: Request,
        values: dict[str, str],
        *,
        opened: Callable[[], None] = lambda: None,
    ) -> Outcome | None:
        """Open a form by a button of the card, and submit it once `opened` was called. None: no form came."""
        with self.form_of(who):
            pressed = self.press(who, button, request)
            if not pressed.ok or not pressed.view:
                return pressed if pressed.error else None
            opened()
            return self._box.slack.submit(who, values)

    @contextmanager
    def form_of(self, who: str) -> Iterator[None]:
        """One form of a person's is open at a time; one that was left open is closed first."""
        with self._forms.setdefault(who, threading.Lock()):
            if self._box.slack.view(who):
                self._box.slack.close(who, clear=True)
            yield

    def message(self, request: Request, key: str = "card") -> Message:
        """The message of this request. Raises `SlackError` where it was not posted."""
        job = self.records.job(f"request:{request.id}")
        post = job.posts.posts.get(key) if job else None
        if post is None or post.posted is None:
            raise SlackError("message_not_found")
        return self._box.slack.state.find(post.posted.place, post.posted.ts)
