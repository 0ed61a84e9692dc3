"""Every environment variable of JIT Access and JIT Groups, and what becomes of it here.

Source: GoogleCloudPlatform/jit-groups, versions 1 (JIT Access) and 2 (JIT Groups), "Configuration options". The
table in the README and the refusals of a start are made of these records, so that they cannot differ.
"""

from typing import Final

import msgspec


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A name that is a setting here as well; `differs` says in what, and why."""

    name: str
    differs: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A name that stops a start: what to set in its place, as half a sentence, and why it is no setting here."""

    name: str
    instead: str
    why: str

    @property
    def refusal(self) -> str:
        """What a start says of it, without the name and without a full stop."""
        unset = ", and unset it" if self.instead.startswith(("set ", "name ", "list ")) else ". Unset it"
        return self.instead + unset


_AUDIENCE = (
    "set `IAP_AUDIENCE` to /projects/NUMBER/locations/REGION/services/SERVICE on Cloud Run, to"
    " /projects/NUMBER/apps/PROJECT_ID on App Engine, or behind a load balancer to"
    " /projects/NUMBER/global/backendServices/ID"
)
_TIMEOUT = "the time limits of outside calls are fixed"
_WHY_FIXED = "Every call outside has one deadline, which the deadlines of a click rest on."
_SOURCES = "set `sources.jit_access.{}` in the policy file instead"
_ENTITLEMENTS = "list `entitlements` in the policy file instead"
_WHY_SOURCED = "What bounds what IAM offers is part of the policy, whose digest is on every card."
_WHY_LISTED = "What can be asked for stands in one file, which people review and whose digest is on every card."

TABLE: Final[tuple[Kept | Moved, ...]] = (
    Moved(
        name="RESOURCE_SCOPE",
        instead=_SOURCES.format("scope"),
        why=f"{_WHY_SOURCED} `countersign migrate jit-access` writes what is offered into the file instead.",
    ),
    Moved(
        name="RESOURCE_CATALOG",
        instead="what IAM offers is asked of Asset Inventory alone, by `sources.jit_access` of the policy file",
        why=(
            "The Policy Analyzer, which JIT Access asks where this is not set, answers 20 times a day without"
            " Security Command Center."
        ),
    ),
    Moved(
        name="RESOURCE_CUSTOMER_ID",
        instead="groups are asked for by their addresses, without a customer id",
        why="Cloud Identity answers for a group by its address.",
    ),
    Moved(
        name="RESOURCE_CACHE_TIMEOUT",
        instead="the policy file is read again as soon as it changes, and IAM is asked once a minute at most",
        why="How old an answer may be on which access rests is fixed.",
    ),
    Moved(name="AVAILABLE_PROJECTS_QUERY", instead=_SOURCES.format("projects_query"), why=_WHY_SOURCED),
    Moved(
        name="ACTIVATION_TIMEOUT",
        instead="set `duration.max` in the policy file instead",
        why="How long access may last is part of what is approved, and an entitlement can have its own.",
    ),
    Moved(
        name="ELEVATION_DURATION",
        instead="set `duration.max` in the policy file instead",
        why="The older name of `ACTIVATION_TIMEOUT`, which JIT Access reads first.",
    ),
    Moved(
        name="ACTIVATION_REQUEST_TIMEOUT",
        instead="set `pending` under `defaults` in the policy file instead",
        why="Until when approvers may decide. There it is never longer than the access itself; here it may be.",
    ),
    Moved(
        name="APPROVAL_TIMEOUT",
        instead="set `pending` under `defaults` in the policy file instead",
        why="The name of JIT Groups for `ACTIVATION_REQUEST_TIMEOUT`.",
    ),
    Moved(
        name="ACTIVATION_REQUEST_MIN_REVIEWERS",
        instead="set `needed` in the entitlement's `approval` instead",
        why=(
            "There it says how many must be asked, and one approval is enough however many are."
            " Here `needed` says how many must approve."
        ),
    ),
    Moved(
        name="ACTIVATION_REQUEST_MAX_REVIEWERS",
        instead="list `approvers` in the entitlement's `approval` instead",
        why="Whoever asks chooses nobody: everybody who may approve is asked, or a channel is.",
    ),
    Moved(
        name="ACTIVATION_REQUEST_MAX_ROLES",
        instead="list `roles` in each entitlement of the policy file instead",
        why="Roles that belong together are one entitlement, which stands or falls as a whole.",
    ),
    Moved(
        name="JUSTIFICATION_PATTERN",
        instead="set `justification.pattern` in the policy file instead",
        why="It belongs to an entitlement, and is in RE2. A `.` matches a line break as well.",
    ),
    Moved(
        name="JUSTIFICATION_HINT",
        instead="set `justification.hint` in the policy file instead",
        why="It stands beside its pattern.",
    ),
    Moved(
        name="IAP_BACKEND_SERVICE_ID",
        instead=_AUDIENCE,
        why="The whole audience is compared, which a number alone does not say. Regions are taken as well.",
    ),
    Moved(
        name="IAP_VERIFY_AUDIENCE",
        instead=f"the audience is always verified, so {_AUDIENCE}",
        why="Without it an assertion for any other application would count.",
    ),
    Moved(name="BACKEND_CONNECT_TIMEOUT", instead=_TIMEOUT, why=_WHY_FIXED),
    Moved(name="BACKEND_READ_TIMEOUT", instead=_TIMEOUT, why=_WHY_FIXED),
    Moved(name="BACKEND_WRITE_TIMEOUT", instead=_TIMEOUT, why=_WHY_FIXED),
    Kept(
        name="NOTIFICATION_TOPIC",
        differs="Written in full, `projects/PROJECT/topics/TOPIC`. It is tried for a day, and may come twice.",
    ),
    Kept(
        name="NOTIFICATION_TIMEZONE", differs="For mails. Slack shows each reader's own zone, pages the policy's."
    ),
    Kept(name="SMTP_HOST", differs="Nothing."),
    Kept(name="SMTP_PORT", differs="On `465` TLS begins at once. `25` is refused, as there."),
    Kept(
        name="SMTP_ENABLE_STARTTLS",
        differs="With `false` nobody signs in, so that no password is sent in the clear. Else TLS is demanded.",
    ),
    Kept(name="SMTP_SENDER_NAME", differs="`Countersign` where it is not set, in place of `JIT Access`."),
    Kept(name="SMTP_SENDER_ADDRESS", differs="Needs `COUNTERSIGN_PAGES_URL`: what a mail links to are pages."),
    Kept(name="SMTP_USERNAME", differs="Nothing."),
    Kept(name="SMTP_PASSWORD", differs="Nothing."),
    Kept(name="SMTP_SECRET", differs="Is read again when the mail server refuses the password."),
    Kept(
        name="SMTP_OPTIONS",
        differs="An option that would change nothing is taken and every other one refused, for none is ignored.",
    ),
    Kept(name="SMTP_ADDRESS_MAPPING", differs="Nothing: the same CEL over `user.email`, with `extract()`."),
    Kept(name="PORT", differs="Nothing."),
    Moved(
        name="CUSTOMER_ID",
        instead="groups are asked for by their addresses, without a customer id",
        why="Cloud Identity answers for a group by its address.",
    ),
    Moved(
        name="ORGANIZATION_ID",
        instead="name each entitlement's `resource` in the policy file instead",
        why="Custom roles are named in full (`organizations/ID/roles/NAME`).",
    ),
    Moved(
        name="ENVIRONMENTS",
        instead=_ENTITLEMENTS,
        why="One service account grants what the policy file names; `countersign setup iam` says by which roles.",
    ),
    Moved(
        name="PRIMARY_DOMAIN",
        instead="set `identity.domains` in the policy file instead",
        why="Whose accounts count is part of the policy.",
    ),
    Moved(
        name="GROUPS_DOMAIN",
        instead="name each group's whole address in an entitlement with `grant: group`",
        why="No group is made here: people are let into those that there are.",
    ),
)

REFUSED: Final = {each.name: each.refusal for each in TABLE if isinstance(each, Moved)}
"""What a start says of each name that is no setting here."""
