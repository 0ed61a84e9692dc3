"""The keys of a policy file, a mapping after the other, for what reads them and for the schema that editors use.

Keys and values of later versions stand beside them, so that they are refused by name.
"""

from collections.abc import Mapping

import msgspec


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of one mapping: what this version reads, what must be there, and what later versions read.

    `foreign` ones belong to something else that is written alike. `elsewhere` says of a key that is looked for
    here where it stands.
    """

    known: tuple[str, ...]
    required: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = {}


POLICY = Keys(
    known=(
        "version",
        "timezone",
        "identity",
        "administrators",
        "auditors",
        "groups",
        "defaults",
        "limits",
        "guardrails",
        "tickets",
        "delegates",
        "change",
        "security_channel",
        "entitlements",
        "issuers",
        "applications",
        "actions",
        "signals",
        "sources",
    ),
    required=("version", "identity", "entitlements"),
)
IDENTITY = Keys(
    known=(
        "domains",
        "slack_teams",
        "aliases",
        "email_map",
        "guests",
        "plus_addresses",
        "sign_name",
        "accept",
        "proof_age",
        "web",
        "gcip",
        "service_accounts",
    ),
    required=("domains",),
)
ACCEPT = Keys(known=("request", "decide"))
WEB = Keys(known=("access_levels", "attributes"))
GCIP = Keys(known=("providers", "tenants"), required=("providers",))
SERVICE_ACCOUNT = Keys(known=("owners",), required=("owners",))
DEFAULTS = Keys(
    known=("duration", "pending", "channel", "notify", "email", "remind", "escalate", "retention"),
)
EMAIL = Keys(known=("after", "copy"))
REMIND = Keys(known=("first", "factor", "hours"), required=("first",))
ESCALATE = Keys(known=("after", "to", "channel"), required=("after",))
LIMITS = Keys(known=("pending", "per_hour"))
CHANGE = Keys(known=("approvers", "needed"), required=("approvers",))
TICKETS = Keys(known=("pattern", "url"), required=("pattern", "url"))
ENTITLEMENT = Keys(
    known=(
        "id",
        "title",
        "resource",
        "roles",
        "condition",
        "grants",
        "requesters",
        "duration",
        "justification",
        "approval",
        "guests",
        "email",
        "extend",
        "when",
        "approve_when",
        "channel",
        "pending",
        "remind",
        "escalate",
        "quiet",
        "break_glass",
        "auto",
        "retention",
        "grant",
        "group",
    ),
    required=("id", "title", "requesters", "approval"),
)
AUTO = Keys(known=("when", "oncall"))
ON_CALL = Keys(known=("group", "ical"))
FENCES = Keys(known=("never_roles", "max_duration", "no_self", "deny"))
DENIAL = Keys(known=("who", "what", "reason"), required=("who", "what", "reason"))
BREAK_GLASS = Keys(known=("max", "review", "under_freeze"), required=("max", "review"))
AFTER_REVIEW = Keys(known=("by", "within"), required=("by", "within"))
GRANT = Keys(known=("resource", "roles", "condition"), required=("resource", "roles"))
DURATION = Keys(known=("default", "max"), required=("default", "max"))
EXTEND = Keys(known=("max_total",), required=("max_total",))
JUSTIFICATION = Keys(known=("pattern", "hint"))
STAGE = Keys(known=("approvers", "needed", "sign", "order", "not_same"), required=("approvers",))
TOOL = Keys(known=("server", "name"), required=("server", "name"))
WINDOW = Keys(known=("for", "uses"), required=("for", "uses"))
STAGE_OF_ACTION = Keys(known=("approvers", "needed", "sign"), required=("approvers",))

SOURCES = Keys(known=("jit_access",), required=("jit_access",))
_ADDED = ("duration", "justification", "channel", "sign", "approval")
JIT_ACCESS = Keys(known=("scope", "catalog", "projects_query", *_ADDED, "overlays"), required=("scope",))
OVERLAY = Keys(known=("roles", "resources", *_ADDED))

ISSUER = Keys(
    known=("id", "issuer", "kind", "principal", "domains", "claims", "networks"),
    required=("id", "issuer"),
    elsewhere={"audience": "write it under “brings” of each application that brings its tokens"},
)
TRANSMITTER = Keys(
    known=("id", "issuer", "jwks_uri", "audience"), required=("id", "issuer", "jwks_uri", "audience")
)
APPLICATION = Keys(
    known=(
        "id",
        "title",
        "keys",
        "jwks_uri",
        "brings",
        "webhook",
        "webhook_secret",
        "may_assert",
        "agent",
        "limits",
    ),
    required=("id", "title"),
)
PEM = Keys(known=("kid", "pem"), required=("kid", "pem"))
BRINGS = Keys(known=("issuer", "audience", "azp"), required=("issuer", "audience"))
ACTION = Keys(
    known=(
        "id",
        "application",
        "title",
        "tool",
        "agents",
        "window",
        "show",
        "risk",
        "requesters",
        "guardrails",
        "approval",
        "pending",
        "use_by",
        "metadata",
        "email",
        "remind",
        "escalate",
        "quiet",
        "retention",
        "authzen",
    ),
    required=("id", "application", "title", "requesters", "approval"),
    foreign=("when", "approve_when", "auto"),
)
AUTHZEN = Keys(known=("action", "resource", "id", "context"), required=("action", "resource"))
SHOW = Keys(known=("name", "label", "type", "required"), required=("name", "label", "type"))
GUARDRAIL = Keys(known=("when", "then", "reason", "acr", "max_age"), required=("when", "then"))
