"""Cloud Scheduler: calls an address by HTTP at a time, with an ID token of a service account (OIDC).

Sources: https://cloud.google.com/scheduler/docs/http-target-auth and
https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget. Here somebody says
when it is time.
"""

import http.client
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from sandbox.google.issuer import Issuer

ACCOUNT = "sweep@sandbox-project.iam.gserviceaccount.com"
DEADLINE = 180.0
"""Seconds in which a call must be answered, where a job does not say otherwise (`attemptDeadline`)."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What `gcloud scheduler jobs create http` makes. Without an audience it is the address."""

    uri: str
    account: str = ACCOUNT
    audience: str = ""
    name: str = "projects/sandbox-project/locations/europe-west1/jobs/countersign-sweep"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call; all of 200 to 299 is a success."""

    status: int
    body: str


class Scheduler:
    """Signs and sends what a job says."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._clock = clock

    def token(self, job: Job) -> str:
        return self._issuer.of_service_account(job.account, audience=job.audience or job.uri, with_email=True)

    def run(self, job: Job, *, token: str | None = None) -> Attempt:
        """Call once, as on schedule; with `token` that one goes along. Raises `OSError` where nobody answers."""
        parts = urlsplit(job.uri)
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat()
        headers = {
            "Authorization": f"Bearer {self.token(job) if token is None else token}",
            "Content-Length": "0",
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "X-CloudScheduler-JobName": job.name.rpartition("/")[2],
            "X-CloudScheduler-ScheduleTime": at,
        }
        connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE)
        try:
            connection.request("POST", parts.path, headers=headers)
            response = connection.getresponse()
            return Attempt(status=response.status, body=response.read().decode())
        finally:
            connection.close()
