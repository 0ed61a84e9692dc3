"""Errors as Google's REST APIs write them: https://cloud.google.com/apis/design/errors."""

from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
NO_PERMISSION = "The caller does not have permission"


class GoogleError(Exception):
    """An answer that is an error: its HTTP code, its sentence, and google.rpc details."""

    def __init__(
        self, code: int, message: str, *, details: list[dict[str, Any]] | None = None, status: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or STATUS.get(code, "UNKNOWN")
        self.details = details or []

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": str(self),
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str, *, field: str = "") -> GoogleError:
    """Return the 400 for an argument, naming the field where one is at fault."""
    violation = {"description": message}
    if field:
        violation["field"] = field
    return GoogleError(
        400,
        message,
        details=[{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}],
    )


def switched_off(service: str, *, project: str = "300") -> GoogleError:
    """Return what a project is told whose API is not enabled (google.rpc.ErrorInfo)."""
    consumer = f"projects/{project}"
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"service": service, "consumer": consumer},
    }
    said = f"{service} has not been used in project {project} before or it is disabled."
    return GoogleError(403, said, details=[detail])
