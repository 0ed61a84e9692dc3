"""A Google of the sandbox's for those who ask it something."""

from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]
