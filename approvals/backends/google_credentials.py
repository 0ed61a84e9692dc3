"""The credentials by which Google knows the service (https://cloud.google.com/docs/authentication/provide-credentials-adc)."""

from typing import Any

from approvals.errors import CountersignError

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class CredentialsError(CountersignError):
    """There are no credentials, or none that can be used; the text says what would mend it."""


def find() -> Any:
    """Find the application-default credentials. They are not tried: the first call does that.

    Raises `CredentialsError`.
    """
    import google.auth  # noqa: PLC0415 - Google's libraries load when they are first needed
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except GoogleAuthError as error:
        raise _unusable(str(error.args[0] if error.args else error)) from error
    except OSError as error:
        raise _unusable(f"{error.filename}: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        # Google's library takes for granted that the file is in one of its forms.
        raise _unusable("the file that is named holds none") from error
    return credentials


def _unusable(why: str) -> CredentialsError:
    return CredentialsError(
        f"Google's application-default credentials cannot be used: {why.rstrip('.')}. "
        "On Google Cloud give the service an account of its own; elsewhere let GOOGLE_APPLICATION_CREDENTIALS "
        "name a file, or run `gcloud auth application-default login`"
    )
