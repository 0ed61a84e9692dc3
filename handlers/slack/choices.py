"""Which choice in a form is the newest, where two come quickly and each wants to draw the form anew."""

import threading
from collections import OrderedDict

_FORMS = 1000


class Choices:
    """Remembers the newest choice of each form that this process has heard of, by Slack's own time of it."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, form: str, moment: str) -> None:
        """Somebody chose something. Moments are texts of one width (`action_ts`), which sort as times do."""
        with self._lock:
            self._newest[form] = max(moment, self._newest.pop(form, ""))
            if len(self._newest) > _FORMS:
                self._newest.popitem(last=False)

    def is_newest(self, form: str, moment: str) -> bool:
        with self._lock:
            return moment >= self._newest.get(form, "")
