"""The log: readable lines on a terminal, JSON for Cloud Logging on Cloud Run; secrets never reach either.

https://cloud.google.com/logging/docs/structured-logging names the fields.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from bot.redaction import Redaction, escaped
from handlers.settings import Secret

# These write bodies, headers or addresses below WARNING.
_TALKATIVE = ("google", "googleapiclient", "httplib2", "slack_bolt", "slack_sdk", "urllib3", "uvicorn.access")


def configure(
    *,
    level: str,
    json_lines: bool,
    hidden: Iterable[str],
    secrets: Iterable[Secret] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every record through one handler that redacts, uncaught exceptions included.

    `hidden` are the patterns of what the channels know as secret.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(RedactingFilter(Redaction(secrets, hidden=hidden)))
    handler.setFormatter(JsonFormatter() if json_lines else LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


class RedactingFilter(logging.Filter):
    """Rewrites each record in place, so that no formatter ever sees a secret or a forged line."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._line(_message(record))
        record.args = None
        record.exc_text = escaped(self._trace(record), keep="\n") or None
        record.exc_info, record.stack_info = None, None
        record.labels = {name: self._line(text) for name, text in getattr(record, "labels", {}).items()}
        return True

    def _line(self, text: str) -> str:
        return escaped(self._redaction.clean(text))

    def _trace(self, record: logging.LogRecord) -> str:
        """Frames show source, which holds no bodies; what an exception says of itself may."""
        chunks = traceback.format_exception(*record.exc_info) if record.exc_info else []
        cleaned = [
            self._redaction.without_tokens(chunk) if chunk.startswith('  File "') else self._redaction.clean(chunk)
            for chunk in [*chunks, *([] if record.exc_info else [record.exc_text or ""])]
        ]
        return "".join(cleaned) + self._redaction.without_tokens(record.stack_info or "")


class LineFormatter(logging.Formatter):
    """One line a record; a trace follows with each line marked, so that nothing in it passes for a record."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {record.getMessage()}"
        trace = (record.exc_text or "").splitlines()
        return "\n".join([line, *(f"  | {part}" for part in trace)])


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Python's level names are severities of Cloud Logging."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "severity": record.levelname,
            "time": _time(record),
            "logger": record.name,
            "message": record.getMessage(),
            "stack_trace": record.exc_text,
            "logging.googleapis.com/labels": getattr(record, "labels", None),
        }
        return json.dumps({name: value for name, value in fields.items() if value})


def _message(record: logging.LogRecord) -> str:
    """Never fail on a record whose arguments do not fit: the template alone is logged."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("countersign").critical("stopped by an unexpected error", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "unknown"
    error = args.exc_value or args.exc_type()
    logging.getLogger("countersign").critical(
        "thread %s stopped by an unexpected error", name, exc_info=(args.exc_type, error, args.exc_traceback)
    )
