"""Whether Cloud Scheduler can sweep with the settings as they are."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

PATH = "/internal/sweep"
NAME, NAMED = "COUNTERSIGN_SWEEP_ACCOUNT", "COUNTERSIGN_API_URL"


def problems(values: Mapping[str, Any], wrong: Collection[str], *, service: str) -> Iterator[str]:
    """Say where Cloud Scheduler does not get in, or its tokens could not be told from those for others.

    `wrong` names settings that have had their own sentence, `service` the service of Cloud Run, if it is one.
    """
    if not values[NAME]:
        return
    if values["COUNTERSIGN_ROUTES"] == "pages":
        yield (
            f"{NAME}: the pages do nothing of what is due, and nobody sweeps there."
            " Unset it here, and set it for the service with COUNTERSIGN_ROUTES=public."
        )
    elif service and any(each.endswith(f"/services/{service}") for each in values.get("IAP_AUDIENCE") or ()):
        yield (
            f"{NAME}: Identity-Aware Proxy covers the whole service {service}, so Cloud Scheduler cannot reach it."
            " Unset it here, and keep an instance running with its CPU always allocated."
        )
    elif not values.get(NAMED) and NAMED not in wrong:
        yield (
            f"{NAMED}: it is missing, and {NAME} is set: the tokens of its sweeps name this address."
            " Set where this service is called, such as https://approvals.example.com."
        )
