"""What is found of mail."""

from handlers.wording.diagnoses.words import Table, Words

WORDS: Table = {
    "mail.ok": Words("{where} takes a connection; `countersign doctor mail --send-test ADDRESS` sends a mail"),
    "mail.signed_in": Words(
        "{where} lets {user} sign in; `countersign doctor mail --send-test ADDRESS` sends a mail"
    ),
    "mail.refused": Words(
        "it was not possible to {step}: {said}",
        "No mail goes out: whoever Slack does not reach is not asked, and not told",
        "{advice}",
    ),
    "mail.plain": Words(
        "mails go to {where} without encryption",
        "Whoever is on the way can read them, and a mail says who asks for what",
        "Unset SMTP_ENABLE_STARTTLS where the server can do TLS, or set SMTP_PORT=465",
    ),
}
