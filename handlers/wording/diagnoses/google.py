"""What is found at Google."""

from handlers.wording.diagnoses.words import LATER, Table, Words

WORDS: Table = {
    # Google Cloud.
    "google.ok": Words("of {count} that the policy grants on, the rights can be read and changed"),
    "google.unused": Words("the policy grants nothing there, so nothing is asked"),
    "google.credentials": Words(
        "Google does not know who this service is: {said}",
        "Nothing can be granted or taken away; what is given ends by itself",
        "`gcloud auth application-default login` signs in on a machine of yours; on Google Cloud give the service"
        " an account of its own",
    ),
    "google.disabled": Words(
        "an API that the service calls is switched off in its project",
        "Everything that needs it fails",
        "`{enable}` switches it on",
    ),
    "google.lacking": Words(
        "on {resource} the service's account lacks {lacking}",
        "Access there is approved, and cannot be given or taken away",
        "`countersign setup iam --account NAME@PROJECT.iam.gserviceaccount.com` prints the commands that give it",
    ),
    "google.hidden": Words(
        "Google shows this service no {what}: {said}",
        "Access there is approved, and cannot be given or taken away",
        "`countersign setup iam --account NAME@PROJECT.iam.gserviceaccount.com` prints the commands that give the"
        " service its rights; where the name is wrong, correct the policy",
    ),
    "google.unanswered": Words(
        "Google did not answer about {what}: {said}",
        "Whether access can be given there is not known",
        LATER,
    ),
    # The account's own power.
    "power.ok": Words("on {count} that the policy grants on, {account} holds no more than that takes"),
    "power.unknown": Words(
        "what the service's account may do beyond what the policy needs was not looked at: these credentials are"
        " no service account's",
        "Whoever gets hold of the account can do all of it",
        "Run `countersign doctor` where the service runs, as its account",
    ),
    "power.beyond": Words(
        "on {resource} the service's account holds {roles}, which granting does not take",
        "Whoever gets hold of the account can do all of that",
        "Remove them there: `countersign setup iam --account NAME@PROJECT.iam.gserviceaccount.com` prints what is"
        " enough",
    ),
    "power.uncapped": Words(
        "on {resource} the service's account may grant every role, by {role} without the condition for it",
        "Whoever gets hold of the account can make anybody an owner",
        "`countersign setup iam --account NAME@PROJECT.iam.gserviceaccount.com` prints the binding with its"
        " condition; then remove the one without",
    ),
    "power.more": Words(
        "on {resource} the service's account may grant roles that the policy does not name: {roles}",
        "Whoever gets hold of the account can give these to anybody",
        "`countersign setup iam --account NAME@PROJECT.iam.gserviceaccount.com` prints the condition anew; then"
        " remove the older binding",
    ),
    # What IAM offers.
    "asset.ok": Words("what IAM offers in {scope} can be read"),
    "asset.hidden": Words(
        "Google does not let this service read what IAM offers in {what}: {said}",
        "Nobody can ask for what an eligible binding offers, and what was asked for so waits; the policy file's"
        " entitlements stay as they are",
        "Give the service's account `roles/cloudasset.viewer` and `roles/browser` on {what}; where the scope is"
        " wrong, correct `sources.jit_access` in the policy",
    ),
    # The directory.
    "directory.ok": Words("of the groups that the policy names {count} can be read"),
    "directory.unused": Words("the policy names no group of it"),
    "directory.hidden": Words(
        "Google shows this service no group {what}: {said}",
        "A group that cannot be read has nobody in it: whoever is in it can neither ask nor approve",
        "In Google's Admin console make the service's account a Groups Reader; where the name is wrong, correct"
        " the policy",
    ),
    "joining.ok": Words(
        "nothing stands against letting people into {count} of the policy's groups, as far as reading shows;"
        " whether the account may change members is seen when somebody is let in"
    ),
    "joining.dynamic": Words(
        "{group} is a dynamic group, whose members a query says",
        "Nobody can be let into it: what is approved for it fails",
        "Name a group whose members are listed",
    ),
    "joining.edition": Words(
        "Google answers no transitive question about {group}: that, and memberships that expire, are in Workspace"
        " Enterprise Standard and Plus, Education Standard and Plus, and Cloud Identity Premium",
        "Nobody can be let into it for a time: what is approved for it is not made",
        "Use an edition that has them, or give roles by `grant: iam`, whose bindings end in every edition",
    ),
    # Audit logs.
    "logs.ok": Words("of {count} that the policy grants on, the audit logs can be read"),
    "logs.hidden": Words(
        "the audit logs of {resource} cannot be read: {said}",
        "What was done with access there is not told",
        "Give the service's account `roles/logging.privateLogViewer` there, or unset COUNTERSIGN_AUDIT_LOGS",
    ),
    # Events.
    "events.ok": Words("{topic} lets this service publish, and has taken what there was to tell"),
    "events.lacking": Words(
        "there is no topic {topic}, or it does not let this service publish",
        "Whoever follows the topic does not hear what happens; nothing is lost",
        "`gcloud pubsub topics create {topic}` makes one, and `gcloud pubsub topics add-iam-policy-binding {topic}"
        " --member=serviceAccount:ACCOUNT --role=roles/pubsub.publisher` lets the service's account publish to it",
    ),
    "events.refused": Words(
        "{topic} refuses something of what there is to tell ({count} in all), such as number {seq} of {chain}",
        "Whoever follows the topic does not hear of them; those after them are told, until {most} of one chain are"
        " refused",
        "The service's log says what Pub/Sub said of each; where the topic has a schema, remove it. What is"
        " refused is tried again each hour, and nothing is lost",
    ),
    "events.waiting": Words(
        "{topic} takes no events: of the chains that wait ({count} in all) {chain} is the first",
        "Whoever follows the topic does not hear what happens; nothing is lost",
        "The service's log says why: mostly its account needs `roles/pubsub.publisher` on the topic, or there is"
        " no such topic",
    ),
    "events.more": Words(
        "more than {count} chains have something left to tell {topic}, and those {count} alone were looked at that"
        " are longest due",
        "Of the others something may be refused or wait, and is not named here",
        "Mend what is named, wait a while, and run `countersign doctor` again",
    ),
    "users.ok": Words("the users of the directory can be read"),
    "users.nobody": Words("whether users can be read was not tried: the policy names nobody by address"),
    "users.hidden": Words(
        "Google does not let this service read the users: {said}",
        "Whoever is suspended keeps what they have here until it ends by itself",
        "In Google's Admin console give the service's account a role with Users > Read, or unset"
        " COUNTERSIGN_DIRECTORY_USERS",
    ),
}
