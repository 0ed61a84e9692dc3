"""The credentials by which Google knows the service (https://cloud.google.com/docs/authentication/provide-credentials-adc)."""

from typing import Any

from approvals.errors import CountersignError

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class CredentialsError(CountersignError):
    """There are no credentials, or none that can be used; the text says what would mend it."""


def find() -> Any:
    """Find the application-default credentials. They are not tried: the first call does that.

    Raises `CredentialsError`.
    """
    import google.auth  # noqa: PLC0415 - Google's libraries load when they are first needed
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise CredentialsError(
            f"Google's application-default credentials cannot be used: {str(error).rstrip('.')}. "
            "On Google Cloud give the service an account of its own; elsewhere let GOOGLE_APPLICATION_CREDENTIALS "
            "name a file, or run `gcloud auth application-default login`"
        ) from error
    return credentials
