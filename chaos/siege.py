"""The siege: strangers storm the door, a member floods, and some resources and messages answer in drops.

Meanwhile access on the other resources, for which Google answers within a second, is given and runs out. One kill
comes in the middle. A watch looks all the time whether what is over was taken away.
"""

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from chaos.crowd import Crowd
from chaos.program import Program
from chaos.scene import PROJECTS, REQUESTERS
from chaos.script import Act
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from sandbox.slack.records import Json

BEFORE, AFTER = 25.0, 60.0
"""Seconds of siege before the kill and after it."""

WELL, DRIPPING = PROJECTS[:3], PROJECTS[3:]
ANSWERS = 0.3
"""Seconds in which Google answers for the resources that are well."""

_FOREVER = 1_000_000
_IDLE = 1000
_MEMBER = REQUESTERS[-1]


class Siege:
    """`begin` and `end` it; what it set of faults is the run's to clear."""

    def __init__(self, box: Sandbox, program: Program, crowd: Crowd) -> None:
        self._box, self._program, self._crowd = box, program, crowd
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Set the faults and let everybody come."""
        for project in PROJECTS:
            slow = {"delay": ANSWERS} if project in WELL else {"drip": "body"}
            for method in ("projects.getIamPolicy", "projects.setIamPolicy"):
                resource = f"projects/{project}"
                fault = Fault(method=method, resource=resource, times=_FOREVER, **slow)
                self._box.google.faults.set(fault)
        for method in ("views.open", "chat.update", "conversations.open"):
            self._box.slack.faults.add(method, "drip", times=_FOREVER)
        jobs: tuple[Callable[[], None], ...] = (self._storm, self._drip, self._flood, self._member, self._ask)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Send everybody away."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def counts(self) -> Mapping[str, int]:
        """How much of each came."""
        return self._counts

    def _storm(self) -> None:
        """Idle connections of strangers, as many as a service may have files, made anew as they are closed."""
        held: list[socket.socket] = []
        while not self._over.wait(0.02):
            with suppress(OSError):
                held.append(socket.create_connection(("127.0.0.1", self._program.port), timeout=1))
                self._counts["idle connections"] += 1
            if len(held) > _IDLE:
                held.pop(0).close()
        for one in held:
            one.close()

    def _drip(self) -> None:
        """A stranger whose requests come in drops."""
        held: list[socket.socket] = []
        while not self._over.wait(0.1):
            with suppress(OSError):
                held.append(socket.create_connection(("127.0.0.1", self._program.port), timeout=1))
                held[-1].sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Drop: ")
            for one in held[-100:]:
                with suppress(OSError):
                    one.send(b"x")
            if len(held) > 100:
                held.pop(0).close()
        for one in held:
            one.close()

    def _flood(self) -> None:
        """A stranger who posts whatever it is, as fast as it is answered."""
        while not self._over.wait(0.005):
            connection = http.client.HTTPConnection("127.0.0.1", self._program.port, timeout=2)
            with suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/slack/events", body=b"x" * 1000)
                connection.getresponse().read()
                self._counts["posts of strangers"] += 1
            connection.close()

    def _member(self) -> None:
        """A member who types commands and opens forms without end."""
        slack = self._box.slack
        person, channel = slack.state.person(_MEMBER), slack.state.channel("#access")
        while not self._over.wait(0.01):
            for line in ("pending", ""):
                payload = slack.payloads.command(person.id, channel.id, "/jit", line)
                threading.Thread(target=self._command, args=(payload,), daemon=True).start()
                self._counts["commands of one member"] += 1
            while threading.active_count() > 100 and not self._over.wait(0.05):
                pass

    def _command(self, payload: Json) -> None:
        if "send it again" in self._box.slack.outward.deliver("slash_commands", payload).body:
            with self._lock:
                self._counts["of them told to send it again"] += 1

    def _ask(self) -> None:
        """Access that needs nobody else, on every project in turn: some of it is ended early."""
        number = 0
        while not self._over.wait(1.0):
            project = PROJECTS[number % len(PROJECTS)]
            who = REQUESTERS[number % (len(REQUESTERS) - 1)]
            asked = Act(verb="ask", pause=0, who=who, kind="own", project=project, seconds=8, which=number)
            self._crowd.play((asked,))
            if number % 4 == 3:
                self._crowd.play((Act(verb="end", pause=0, who=who, which=number),))
            number += 1
