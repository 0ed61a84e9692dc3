"""The environment variables that the program itself reads, and all of them.

The table in docs/settings.md is generated from them.
"""

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from approvals.people.principals import is_service_account
from bot.channels import CHANNELS
from bot.signer_urls import receipt_signer, token_signer, webhook_signer
from bot.store_urls import emulator, store
from bot.telemetry.settings import VARIABLES as TELEMETRY
from handlers.channel import Channel
from handlers.settings import Variable, origin, url

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


_QUOTES = tuple("\"'`\u2018\u2019\u201c\u201d")


def unquoted(text: str) -> str:
    """Return the text, or raise `ValueError` where it stands in quotes: no setting begins or ends with one."""
    if text.startswith(_QUOTES) or text.endswith(_QUOTES):
        raise ValueError(
            "it stands in quotes, which count as part of it (`docker run --env-file` passes them on)."
            " Set it without them"
        )
    return text


def _routes(text: str) -> str:
    if text not in ("public", "pages", "all"):
        raise ValueError(f"{text!r} is none of public, pages and all. Set one of these, or unset it for all")
    return text


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is neither 1 nor 0. Set 1 to switch it on, or unset it")
    return text == "1"


TOPIC = "(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
"""The name of a topic within its project, as JIT Access takes it."""


def _topic(text: str) -> str:
    # Pub/Sub, "Guidelines to name a topic or a subscription".
    if re.fullmatch(rf"projects/[a-z0-9:.-]{{1,100}}/topics/{TOPIC}", text):
        return text
    meant = text if re.fullmatch(TOPIC, text) else "jit-access-events"
    raise ValueError(f"it is no full name of a topic. Set projects/PROJECT/topics/{meant}, with its project")


def _sandbox(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is neither 1 nor 0. Set 1 beside a sandbox, or unset it")
    return text == "1"


def _service_account(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.@-]+", text) or text.count("@") != 1 or not is_service_account(text):
        raise ValueError(
            f"{text!r} is no service account. Set its address, such as sweep@PROJECT.iam.gserviceaccount.com"
        )
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError(f"{text!r} is no port. Set a number from 0 to 65535 (0: any free one)")
    return int(text)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is no level. Set one of {', '.join(LOG_LEVELS)}")
    return text.upper()


OWN = (
    Variable(
        name="COUNTERSIGN_POLICY",
        default="policy.yaml",
        doc="The policy file. It is read again when it changes.",
        parse=Path,
    ),
    Variable(
        name="COUNTERSIGN_STORE",
        default="sqlite:///data/countersign.db",
        doc=(
            "The store. `sqlite:///PATH`: a file, by four slashes an absolute one; refused on Cloud Run, which"
            " keeps no files. `firestore://PROJECT/DATABASE`: Cloud Firestore, for any number of machines."
        ),
        parse=store,
    ),
    Variable(
        name="COUNTERSIGN_SIGNER",
        default="file:data/signer.jwk",
        doc=(
            "What signs activation tokens. `file:PATH`: made on the first start, mode 0600; refused on Cloud Run."
            " `secret:projects/P/secrets/S/versions/latest`: keys in Secret Manager, made by"
            " `countersign key rotate`. `iam:EMAIL`: a Google service account, without any key here."
        ),
        parse=token_signer,
    ),
    Variable(
        name="COUNTERSIGN_RECEIPT_SIGNER",
        doc=(
            "What signs receipts, by `file:` or `secret:` as above, with keys of its own that are kept for ever."
            " Without it there are no receipts; a policy with `actions` needs it."
        ),
        parse=receipt_signer,
    ),
    Variable(
        name="COUNTERSIGN_WEBHOOK_SIGNER",
        doc=(
            "What signs webhooks, by `file:` or `secret:` as above, with Ed25519 keys of its own."
            " Needed where the policy names a `webhook`."
        ),
        parse=webhook_signer,
    ),
    Variable(
        name="COUNTERSIGN_PAGES_URL",
        doc=(
            "Where the pages are, without a path: `https://HOST`. Links in mails and on cards lead there."
            " Plain http needs `COUNTERSIGN_SANDBOX=1`."
        ),
        parse=origin,
    ),
    Variable(
        name="COUNTERSIGN_ROUTES",
        default="all",
        doc=(
            "What this service serves: `public` (the chat, the keys, and all work outside), `pages` (what stands"
            " behind Identity-Aware Proxy, and nothing else), or `all`."
        ),
        parse=_routes,
    ),
    Variable(
        name="COUNTERSIGN_SWEEP_ACCOUNT",
        doc=(
            "The service account as which Cloud Scheduler calls `POST /internal/sweep`, upon which all that is due"
            " is done ([sweeps](cloud-run.md#sweeps)). Needs `COUNTERSIGN_API_URL`, which the calls' tokens name."
            " Without it that address is not there."
        ),
        parse=_service_account,
    ),
    Variable(
        name="COUNTERSIGN_DIRECTORY_USERS",
        doc=(
            "`1`: whoever is suspended, archived or deleted in the organisation's directory loses what they"
            " have here, as whoever is deactivated in Slack ([leavers](operating.md#people-who-leave))."
        ),
        parse=_switch,
    ),
    Variable(
        name="COUNTERSIGN_LOG_ACTIVATIONS",
        doc=(
            "`1`: a line of the log says who asked for access, who approved it and who took it alone, with the"
            " labels of JIT Access, the reason among them"
            " ([saved queries](#saved-queries-and-functions-of-jit-access))."
        ),
        parse=_switch,
    ),
    Variable(
        name="COUNTERSIGN_AUDIT_LOGS",
        doc=(
            "`1`: once access is over, Cloud Audit Logs are read for what was done with it; whoever may see the"
            " request sees ([what was done](operating.md#what-was-done-with-access))."
        ),
        parse=_switch,
    ),
    Variable(
        name="NOTIFICATION_TOPIC",
        doc=(
            "A topic of Pub/Sub, `projects/PROJECT/topics/TOPIC`, that is told of everything that happens, as"
            " CloudEvents ([events](events.md)); who asked for access, who approved it and who took it alone in"
            " JIT Access's messages as well ([functions](#saved-queries-and-functions-of-jit-access))."
        ),
        parse=_topic,
    ),
    Variable(
        name="COUNTERSIGN_SANDBOX",
        doc="`1` allows the settings that weaken trust, for use beside a sandbox. Refused on Cloud Run.",
        parse=_sandbox,
    ),
    Variable(
        name="FIRESTORE_EMULATOR_HOST",
        doc="`HOST:PORT` of a Firestore emulator in place of Google's service. Needs `COUNTERSIGN_SANDBOX=1`.",
        parse=emulator,
    ),
    Variable(name="PORT", default="8080", doc="The port of the HTTP server; `0` takes any free one.", parse=_port),
    Variable(name="LOG_LEVEL", default="INFO", doc="`DEBUG`, `INFO`, `WARNING` or `ERROR`.", parse=_log_level),
    Variable(
        name="GOOGLE_API_BASE_URL",
        doc="Sends calls for `https://SERVICE.googleapis.com` to `URL/SERVICE`. Needs `COUNTERSIGN_SANDBOX=1`.",
        parse=url,
    ),
)


def variables(channels: Iterable[Channel[Any]]) -> tuple[Variable, ...]:
    """Those of the channels, and then the program's own."""
    return (*chain.from_iterable(channel.variables for channel in channels), *OWN, *TELEMETRY)


VARIABLES = variables(CHANNELS)
