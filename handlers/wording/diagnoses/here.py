"""What is found on this machine."""

from handlers.wording.diagnoses.words import LATER, Table, Words

WORDS: Table = {
    # Of any part.
    "unanswered": Words(
        "it was not done within {seconds} seconds, and what comes after it was not looked at",
        "The service waits as long for the same, so people would wait too",
        LATER,
    ),
    "failed": Words(
        "it could not be looked at: {said}",
        "What cannot be looked at may be wrong",
        "Run `countersign doctor` again; where it stays so, this is a defect: report it with this line",
    ),
    "skipped": Words(
        "not looked at, because {because}",
        "What is not looked at may be wrong",
        "Mend that first, and run `countersign doctor` again",
    ),
    # Settings.
    "settings.ok": Words("what is set can be used, {count} in all"),
    "settings.wrong": Words(
        "{said}",
        "`countersign serve` does not start before this is mended",
        "Set the variable as it says, for the service and for this command alike",
    ),
    "settings.sandbox": Words(
        "COUNTERSIGN_SANDBOX=1 lets settings through that weaken trust",
        "Whoever reaches what is set in the place of Slack or Google decides who gets access",
        "Unset COUNTERSIGN_SANDBOX wherever real access is given",
    ),
    "settings.weak": Words(
        "{said}",
        "It stands only because COUNTERSIGN_SANDBOX=1 is set",
        "Unset it wherever real access is given",
    ),
    "settings.debug": Words(
        "LOG_LEVEL=DEBUG writes more about people into the log than anybody needs",
        "Secrets are kept out of the log; names, addresses and what was asked are not",
        "Set LOG_LEVEL=INFO, or unset it",
    ),
    # The clock.
    "clock.ok": Words("it agrees with {whose} to within {seconds} seconds"),
    "clock.off": Words(
        "it is about {seconds} seconds {direction} {whose}",
        "Windows of access begin and end by this clock, and signatures more than 5 minutes off are refused",
        "`timedatectl set-ntp true` sets it by the network, on a machine with systemd; elsewhere ask who runs it",
    ),
    "clock.unanswered": Words(
        "{whose} did not say what time it is: {said}",
        "A clock that is off moves the windows of access",
        LATER,
    ),
    "clock.none": Words("there is nobody outside to compare it with"),
    # The store.
    "store.ok": Words("{where} keeps what it is given, and gives it back"),
    "store.none": Words(
        "there is no store yet at {where}",
        "`countersign serve` makes one when it first starts; if it has run already, this is another place",
        "Run this in the folder where the service runs, or set COUNTERSIGN_STORE as the service has it",
    ),
    "store.broken": Words(
        "it cannot be used: {said}",
        "Without it nothing is asked, decided or given; what is given ends by itself",
        "Do what it says; where the store is lost, docs/runbooks/store-lost.md says how to go on",
    ),
    "store.unanswered": Words(
        "it does not answer now: {said}",
        "Until it does nothing is asked, decided or given; what is given ends by itself",
        LATER,
    ),
    # The keys.
    "keys.ok": Words("those for {purpose} sign, and what they sign verifies ({where})"),
    "keys.none": Words(
        "there are none for {purpose} yet at {where}",
        "`countersign serve` makes them when it first starts; if it has run already, this is another place",
        "Run this in the folder where the service runs, or set the variable as the service has it",
    ),
    "keys.tokens": Words(
        "those for tokens do not sign ({where}): {said}",
        "Nobody can approve: every button of a card carries a signed token",
        "Do what it says; `countersign key rotate` makes a new key where the old one is lost or known to others",
    ),
    "keys.receipts": Words(
        "those for receipts do not sign ({where}): {said}",
        "Decisions are made and have no receipt, and applications get no proof of an approval",
        "Do what it says; `countersign key rotate --receipts` makes a new key where the old one is lost or known"
        " to others",
    ),
    "keys.webhooks": Words(
        "those for webhooks do not sign ({where}): {said}",
        "Applications are not told of decisions, and have to ask",
        "Do what it says; `countersign key rotate --webhooks` makes a new key where the old one is lost or known"
        " to others",
    ),
    "keys.unanswered": Words(
        "whether those for {purpose} sign is not known ({where}): {said}",
        "What cannot be signed cannot be decided on",
        LATER,
    ),
    # The policy.
    "policy.ok": Words("{where} can be used, and is the policy in force"),
    "policy.first": Words("{where} can be used, and comes into force with the first start"),
    "policy.unreadable": Words(
        "{where} cannot be read: {said}",
        "`countersign serve` goes on with the last policy that it had, and does not start without one",
        "Set COUNTERSIGN_POLICY to the policy file, which this account must be able to read",
    ),
    "policy.wrong": Words(
        "{said}",
        "The file is not put in force: what was in force before it stays so",
        "`countersign policy lint {where}` says all of it, with line and column",
    ),
    "policy.warnings": Words(
        "{where} can be used; lint has this many warnings: {count}",
        "It does what it says, which may not be what was meant",
        "`countersign policy lint {where}` says them",
    ),
    "policy.other": Words(
        "{where} is not the policy in force, which is {digest}",
        "A policy that is looser waits until people accept it; one that was saved just now is taken in a moment",
        "`countersign policy show` prints the one in force, and what waits",
    ),
    "policy.lacking": Words(
        "{said}",
        "What the policy needs of this service is not set up, so that part of it cannot be used",
        "Set the variable as it says, for the service and for this command alike",
    ),
}
