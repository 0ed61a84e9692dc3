"""A link scanner, as mail filters run one: it opens every link of every mail and sends every form, at once.

It has nobody's session and knows no password, so it stops where one has to sign in.
"""

import http.client
import threading
from collections.abc import Iterable
from urllib.parse import urlencode, urljoin, urlsplit

from sandbox.links import Form, forms, of_mail
from sandbox.loopback import NAMES
from sandbox.mailbox import Mail
from sandbox.world import Record

_PATIENCE = 10.0
_LARGEST = 1024 * 1024
_FURTHEST = 5
"""Redirects that are followed."""

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Visit(Record, frozen=True):
    """One request of the scanner's. The status is 0 where nobody answered, or where it did not go."""

    method: str
    url: str
    status: int


class Scanner:
    """Scans mails as they come while it is on. Where a link leads off this machine it does not follow."""

    def __init__(self, *, sign_in: str) -> None:
        """`sign_in` begins the addresses where one would have to sign in."""
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._visits: list[Visit] = []
        self.on = False

    def visits(self) -> list[Visit]:
        """What it has done, oldest first."""
        with self._lock:
            return list(self._visits)

    def arrived(self, mail: Mail) -> None:
        """Scan a mail in a thread of its own, if it is on."""
        if self.on:
            threading.Thread(target=self.scan, args=([mail],), daemon=True).start()

    def scan(self, mails: Iterable[Mail]) -> list[Visit]:
        """Open every link and send every form that is found on the way; return what came of it."""
        links = dict.fromkeys(link for mail in mails for link in of_mail(mail))
        done = [visit for link in links for visit in self._opened(link)]
        with self._lock:
            self._visits.extend(done)
        return done

    def send(self, form: Form, *, page: str) -> Visit:
        """Send a form that stands on a page."""
        url = urljoin(page, form.action)
        if form.method == "GET":
            url = f"{url.partition('?')[0]}?{urlencode(form.fields)}"
        return self._asked(form.method, url, urlencode(form.fields).encode() if form.method == "POST" else b"")[0]

    def _opened(self, url: str) -> list[Visit]:
        done: list[Visit] = []
        for _ in range(_FURTHEST):
            visit, location, page = self._asked("GET", url)
            done += [visit, *(self.send(form, page=url) for form in forms(page))]
            url = urljoin(url, location)
            if not location or url.startswith(self._sign_in):
                break
        return done

    def _asked(self, method: str, url: str, body: bytes = b"") -> tuple[Visit, str, str]:
        place = urlsplit(url)
        if place.scheme != "http" or place.hostname not in NAMES:
            return Visit(method=method, url=url, status=0), "", ""
        connection = http.client.HTTPConnection(place.netloc, timeout=_PATIENCE)
        try:
            target = f"{place.path or '/'}{'?' + place.query if place.query else ''}"
            connection.request(method, target, body=body or None, headers=_FORM if body else {})
            response = connection.getresponse()
            page = response.read(_LARGEST).decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return Visit(method=method, url=url, status=0), "", ""
        finally:
            connection.close()
        return Visit(method=method, url=url, status=response.status), response.headers.get("location", ""), page
