"""What is found of the pages."""

from handlers.wording.diagnoses.words import LATER, Table, Words

WORDS: Table = {
    "pages.ok": Words("assertions of Identity-Aware Proxy can be verified, for {audience}"),
    "pages.elsewhere": Words("the pages are another service's, at {url}"),
    "pages.service": Words(
        "none of the audiences is that of this service, {service}: {audience}",
        "Whoever comes to the pages is refused, because what Identity-Aware Proxy says is for another service",
        "Set IAP_AUDIENCE to /projects/NUMBER/locations/REGION/services/{service}, as the page of Identity-Aware"
        " Proxy in the Cloud console shows it",
    ),
    "pages.keys": Words(
        "the keys of Identity-Aware Proxy cannot be read: {said}",
        "Without them nobody can be told from a forger, so whoever comes to the pages is refused",
        LATER,
    ),
}
