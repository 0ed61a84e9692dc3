"""What to change where a mail server refuses, in the words of the three kinds of providers.

Google and Microsoft describe their answers in "SMTP error reference" (Google Workspace) and in "Authenticate an
IMAP, POP or SMTP connection using OAuth" (Microsoft Learn). Nothing here was tried against their servers.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from handlers.mail.settings import MailSettings

Provider = Literal["google", "microsoft", "other"]

_FIREWALL = (
    "Look whether SMTP_HOST and SMTP_PORT are right, and whether a firewall lets this machine out to them;"
    " Google Cloud blocks port 25 and leaves 465 and 587 open"
)
_TWO_STEPS = (
    "In Google Account > Security of the user SMTP_USERNAME, switch 2-Step Verification on, make a password under"
    " App passwords, and set its 16 letters as SMTP_PASSWORD; the account's own password never works"
)
_EXCHANGE = (
    "In Microsoft Entra give the app registration the application permission SMTP.SendAsApp (Office 365 Exchange"
    " Online) and admin consent; in Exchange Online PowerShell register it (New-ServicePrincipal -AppId"
    " CLIENT_ID -ObjectId the enterprise application's object id) and let it into the mailbox"
    " (Add-MailboxPermission -Identity SMTP_USERNAME -User that id -AccessRights FullAccess)"
)
_SMTP_AUTH = (
    "Switch SMTP AUTH on for the mailbox (Set-CASMailbox -Identity SMTP_USERNAME -SmtpClientAuthenticationDisabled"
    " $false), or better set the SMTP_OAUTH_* names: sign-in by password ends at Microsoft 365"
)
_SEND_AS = "Set SMTP_SENDER_ADDRESS to the mailbox of SMTP_USERNAME, or let that user send as the address: "

# Tried in order: a piece of the answer, and what to do then. The last one, without a piece, is for all others.
_Table = Mapping[str, Sequence[tuple[str, str]]]
_GOOGLE: _Table = {
    "sign-in": (("", _TWO_STEPS),),
    "sender": (("", _SEND_AS + "in Gmail's settings under Accounts, Send mail as"),),
    "recipient": (
        ("5.4.5", "The user's limit for a day is used up: take the SMTP relay service, or wait until tomorrow"),
    ),
}
_MICROSOFT: _Table = {
    "token": (
        ("AADSTS7000215", "Set SMTP_OAUTH_CLIENT_SECRET to the secret's value, not to its id"),
        ("AADSTS7000222", "The client secret has expired: make another one and set SMTP_OAUTH_CLIENT_SECRET"),
        ("AADSTS90002", "Set SMTP_OAUTH_TENANT to the Directory (tenant) id of the app registration"),
        ("AADSTS700016", "Set SMTP_OAUTH_CLIENT_ID to the Application (client) id, and the tenant that it is in"),
        ("", "Compare SMTP_OAUTH_TENANT, SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_CLIENT_SECRET with Microsoft Entra"),
    ),
    "sign-in": (
        ("5.7.139", _SMTP_AUTH),
        ("5.7.30", "Set the SMTP_OAUTH_* names: Microsoft 365 takes no passwords for SMTP here any more"),
        ("", ""),
    ),
    "sender": (("", _SEND_AS + "Add-RecipientPermission ADDRESS -Trustee SMTP_USERNAME -AccessRights SendAs"),),
}
_ANY: _Table = {
    "secret": (("", "Grant the service's account the secret, or set SMTP_SECRET to a version that is there"),),
    "connect": (("", _FIREWALL),),
    "tls": (("", "On 465 TLS begins at once: set SMTP_PORT=587 where the server begins it by STARTTLS"),),
    "starttls": (
        ("certificate", "Set SMTP_HOST to the name in the certificate, or add your authority by SSL_CERT_FILE"),
        ("", "Set SMTP_PORT=465 where TLS begins at once; SMTP_ENABLE_STARTTLS=false sends without any"),
    ),
    "greeting": (("", "Something else answers on this port: compare SMTP_HOST and SMTP_PORT"),),
    "sign-in": (("", "Compare SMTP_USERNAME and the password with what the server's administrator gave you"),),
    "sender": (("", _SEND_AS + "ask the server's administrator"),),
    "recipient": (
        ("put it off", "The server takes it later, as greylisting does: try again in some minutes"),
        ("", "The server does not take mail for this address: send the test to another one"),
    ),
}


def provider(settings: MailSettings) -> Provider:
    """Whose server it is, by its name, or by its tokens, which are for Microsoft's whatever stands before it."""
    host = settings.host
    if host.endswith((".gmail.com", ".google.com")):
        return "google"
    return "microsoft" if settings.oauth or host.endswith((".office365.com", ".outlook.com")) else "other"


def advice(settings: MailSettings, step: str, said: str) -> str:
    """What to change after a step failed with an answer."""
    kind = provider(settings)
    own: _Table = {"google": _GOOGLE, "microsoft": _MICROSOFT}.get(kind, {})
    if kind == "microsoft" and step == "sign-in" and settings.oauth is not None:
        return _EXCHANGE
    if kind == "microsoft" and step == "sign-in":
        return _found(own[step], said) or _SMTP_AUTH
    return _found(own.get(step, ()), said) or _found(_ANY.get(step, ()), said) or _LATER


_LATER = "Try it again in some minutes; where it stays so, show the answer to whoever runs the mail server"


def _found(rows: Sequence[tuple[str, str]], said: str) -> str:
    return next((told for piece, told in rows if piece in said), "")
