"""How diagnoses are shown: lines for people, one JSON object for programs."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from approvals.ports.examining import Diagnosis, Verdict
from approvals.times import rfc3339
from bot.redaction import Redaction
from countersign_client.lines import fit
from handlers.wording.diagnoses import told
from handlers.wording.diagnoses.words import Words

SCHEMA = 1
"""The version of the JSON object: members are added to it, and none is renamed or goes without another number."""

_ORDER: Sequence[Verdict] = ("wrong", "unknown", "warning", "ok")
_SHOWN = {"ok": "ok", "warning": "warning", "wrong": "WRONG", "unknown": "UNKNOWN"}
_PART, _VERDICT = 10, 9
_MARGIN = " " * (_PART + _VERDICT)


def worst(diagnoses: Sequence[Diagnosis]) -> Verdict:
    """The verdict of all of them together."""
    verdicts = {each.verdict for each in diagnoses}
    return next((verdict for verdict in _ORDER if verdict in verdicts), "ok")


def lines(diagnoses: Sequence[Diagnosis], redaction: Redaction) -> Iterator[str]:
    """The diagnoses of one part, what is wrong first; its name stands once."""
    name = diagnoses[0].part if diagnoses else ""
    for each in sorted(diagnoses, key=lambda diagnosis: _ORDER.index(diagnosis.verdict)):
        words = _worded(each, redaction)
        yield f"{name:<{_PART}}{_SHOWN[each.verdict]:<{_VERDICT}}{words.what}"
        name = ""
        if each.verdict != "ok":
            yield f"{_MARGIN}Why:  {words.why}."
            yield f"{_MARGIN}Mend: {words.mend}."


def summary(diagnoses: Sequence[Diagnosis]) -> str:
    """What it comes to, and how many there are of each verdict."""
    counts = {verdict: sum(each.verdict == verdict for each in diagnoses) for verdict in _ORDER}
    named = {"wrong": "wrong", "unknown": "unknown", "warning": "warnings", "ok": "ok"}
    counted = ", ".join(f"{count} {named[verdict]}" for verdict, count in counts.items() if count)
    well = {"wrong": "Something is wrong", "unknown": "Not everything could be looked at"}
    return f"{well.get(worst(diagnoses), 'Nothing is wrong')}: {counted}."


def as_json(diagnoses: Sequence[Diagnosis], redaction: Redaction, *, version: str, at: datetime) -> str:
    """One object; what is said in it may change with a release, `part`, `verdict` and `code` do not."""
    document = {
        "schema": SCHEMA,
        "countersign": version,
        "at": rfc3339(at),
        "verdict": worst(diagnoses),
        "diagnoses": [_record(each, redaction) for each in diagnoses],
    }
    return json.dumps(document, indent=1)  # ASCII steers no terminal


def _record(each: Diagnosis, redaction: Redaction) -> dict[str, Any]:
    words = _worded(each, redaction)
    facts = {name: redaction.without_tokens(value) for name, value in each.facts.items()}
    return {"part": each.part, "verdict": each.verdict, "code": each.code, **words._asdict(), "facts": facts}


def _worded(each: Diagnosis, redaction: Redaction) -> Words:
    return Words(*(fit(redaction.without_tokens(sentence)).removesuffix(".") for sentence in told(each)))
