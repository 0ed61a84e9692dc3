"""What things are called: random ids, salts and token ids, and the subjects of reconcile's work."""

import os
import secrets
from base64 import urlsafe_b64encode

from countersign_client.patterns import Pattern

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_REQUEST = Pattern(r"r-[0-9a-z]{10}")
_WEBHOOK = "webhook:"
_APPLICATION = "application:"


def new_request_id() -> str:
    """Return `r-` and ten random lower-case Crockford base-32 characters (50 bits)."""
    return "r-" + "".join(secrets.choice(_CROCKFORD) for _ in range(10))


def is_request_id(text: str) -> bool:
    """It may be one: two parts of a path, or nothing, can be no record's name."""
    return _REQUEST.fullmatch(text) is not None


def new_salt() -> str:
    """Return 128 random bits for a salted digest."""
    return secrets.token_urlsafe(16)


def new_jti() -> str:
    """Return 96 random bits for a token's id (RFC 7519 section 4.1.7)."""
    # As `secrets` does it, by fewer steps: a page draws one for each of its forms.
    return urlsafe_b64encode(os.urandom(12)).decode()


def request_subject(request_id: str) -> str:
    return f"request:{request_id}"


def binding_subject(resource: str) -> str:
    return f"binding:{resource}"


def binding_resource(subject: str) -> str:
    """The resource that a binding's subject is about."""
    return subject.partition(":")[2]


def webhook_subject(application: str, request_id: str) -> str:
    """What an application is told of one of its requests."""
    return f"{_WEBHOOK}{application}:{request_id}"


def webhook_request(subject: str) -> str:
    """The request that such a subject is about."""
    return subject.rpartition(":")[2]


def activation_subject(request_id: str) -> str:
    """What announcers are told of one request."""
    return f"activation:{request_id}"


def activation_request(subject: str) -> str:
    """The request that such a subject is about."""
    return subject.partition(":")[2]


def event_subject(chain: str) -> str:
    """What other programs are told of one chain: a request's, or the installation's, whose name is empty."""
    return f"event:{chain}"


def event_chain(subject: str) -> str:
    """The chain that such a subject is about."""
    return subject.partition(":")[2]


def deeds_subject(request_id: str) -> str:
    """What was done with the access of one request."""
    return f"deeds:{request_id}"


def deeds_request(subject: str) -> str:
    """The request that such a subject is about."""
    return subject.partition(":")[2]


def told_together(subject: str) -> str:
    """What all that one application is told has in common; empty for other subjects."""
    return subject.rpartition(":")[0] if subject.startswith(_WEBHOOK) else ""


def application_ref(application: str) -> str:
    """How an application is named where a person or an account of theirs stands else."""
    return f"{_APPLICATION}{application}"


def is_applications(ref: str) -> bool:
    """By this reference an application asked for somebody: it is no account of theirs."""
    return ref.startswith(_APPLICATION)
