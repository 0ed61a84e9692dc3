from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]
