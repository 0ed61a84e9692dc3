"""What is found in Slack."""

from handlers.wording.diagnoses.words import LATER, Table, Words

_SCOPE = (
    "Add {scope} under OAuth & Permissions of the app, and install it again; `countersign manifest` prints an app"
    " with all scopes"
)

WORDS: Table = {
    "slack.ok": Words("the app is installed in workspace {team} ({where})"),
    "slack.token": Words(
        "{said}",
        "Nobody can ask or decide in Slack, and no card is posted",
        "On the app's OAuth & Permissions page install it in one workspace, and set SLACK_BOT_TOKEN to the Bot"
        " User OAuth Token",
    ),
    "slack.unanswered": Words(
        "Slack did not say {what}: {said}",
        "While Slack does not answer, nobody can ask or decide there",
        LATER,
    ),
    "slack.team": Words(
        "the app is installed in workspace {team}, and what is open was asked in {before}",
        "Those who asked are strangers now: nothing of theirs can be decided, and they cannot see it",
        "Set SLACK_BOT_TOKEN to the token of the app's installation in {before}, or COUNTERSIGN_STORE to the store"
        " of this workspace",
    ),
    "slack.scope.commands": Words(
        "the app lacks the scope {scope}",
        "Nobody can ask by typing the command",
        _SCOPE,
    ),
    "slack.scope.chat:write": Words(
        "the app lacks the scope {scope}",
        "No card and no message can be posted, so nobody is asked and nobody is told",
        _SCOPE,
    ),
    "slack.scope.im:write": Words(
        "the app lacks the scope {scope}",
        "Nobody gets a message of their own: who asked is told in the channel alone",
        _SCOPE,
    ),
    "slack.scope.users:read": Words(
        "the app lacks the scope {scope}",
        "Nobody can be told from a guest or a stranger, so whoever presses a button is refused",
        _SCOPE,
    ),
    "slack.scope.users:read.email": Words(
        "the app lacks the scope {scope}",
        "Nobody's address can be read, so whoever asks or decides is refused",
        _SCOPE,
    ),
    "slack.scope.channels:read": Words(
        "the app lacks the scope {scope}",
        "No public channel is found by its name, so cards cannot be posted there",
        _SCOPE,
    ),
    "slack.scope.groups:read": Words(
        "the app lacks the scope {scope}",
        "No private channel is found by its name, so cards cannot be posted there",
        _SCOPE,
    ),
    "slack.scopes.ok": Words("it has all {count} scopes that it needs"),
    "slack.scopes.beyond": Words(
        "the app has more scopes than it needs: {scopes}",
        "Whoever gets its token can do that as well",
        "Remove them on the app's OAuth & Permissions page, and install the app again",
    ),
    "slack.socket": Words(
        "Socket Mode cannot be used: {said}",
        "What people press and type does not reach the service",
        "On the app's Basic Information page make an app-level token with connections:write, set it as"
        " SLACK_APP_TOKEN, and switch Socket Mode on",
    ),
    "slack.socket.ok": Words("Socket Mode gives an address to connect to"),
    "slack.channels": Words(
        "the channels that the app is in cannot be listed: {said}",
        "A channel that the policy names cannot be found, so nobody gets its cards",
        "Add the scopes that are named here to the app, and install it again",
    ),
    "slack.channel.ok": Words("cards can be posted in {channel}"),
    "slack.absent": Words(
        "the app is not in {channel}",
        "Nobody gets what the policy sends there, cards or alarms",
        "Type /invite @countersign in {channel}, or correct the channel's name in the policy",
    ),
    "slack.hidden": Words(
        "the app sees no channel {channel}: {said}",
        "Nobody gets what the policy sends there, cards or alarms",
        "Type /invite @countersign in the channel, or correct its id in the policy",
    ),
    "slack.archived": Words(
        "{channel} is archived",
        "Nobody can press anything there, so no card is posted",
        "Unarchive it in Slack, or name another channel in the policy",
    ),
    "slack.shared": Words(
        "{channel} is shared with another organisation",
        "Strangers could read what is asked, so no card is posted there",
        "Name a channel in the policy that is not shared",
    ),
    "slack.blocks.ok": Words("Slack takes the form and the Home tab as they are drawn here"),
    "slack.blocks": Words(
        "Slack does not take our {what}: {said}",
        "People see nothing where it should be",
        "This is a defect, or a change of Slack's: report it with this line, and ask on the pages or by"
        " `countersign request` meanwhile",
    ),
}
