"""The world that the sandbox imitates: a workspace with its people and channels, and the names in a cloud."""

from pathlib import Path

import msgspec

EXAMPLE = Path(__file__).parent.parent / "examples" / "world.yaml"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A frozen record whose unknown keys are an error."""


class WorldError(ValueError):
    """The world file cannot be read, or contradicts itself."""


class Workspace(Record, frozen=True):
    """One Slack team."""

    id: str
    name: str
    domain: str


class Command(Record, frozen=True):
    """A slash command that the app registered."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


class Shortcut(Record, frozen=True):
    """A shortcut that the app registered: `type` is `message` (in a message's menu) or `global`."""

    name: str
    type: str
    callback_id: str
    description: str = ""


class Bot(Record, frozen=True):
    """The installed app and its bot user. `home_tab`: its App Home has one; `events`: its subscriptions."""

    app_id: str
    bot_id: str
    user_id: str
    name: str
    real_name: str
    scopes: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    home_tab: bool = False
    events: tuple[str, ...] = ()


class Person(Record, frozen=True):
    """A member as `users.info` shows it; `team_id` is empty for the workspace's own people."""

    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    team_id: str = ""
    email_confirmed: bool = True
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    is_invited_user: bool = False
    is_stranger: bool = False


class Channel(Record, frozen=True):
    """A conversation with a name."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    topic: str = ""
    is_private: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    is_archived: bool = False


class GoogleNames(Record, frozen=True):
    """Resource names that have an IAM policy, and groups with their members' addresses."""

    projects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}


class World(Record, frozen=True):
    """Everything that stands when the sandbox starts."""

    workspace: Workspace
    bot: Bot
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    google: GoogleNames = GoogleNames()


def load(path: Path = EXAMPLE) -> World:
    """Read a world file. Raises `WorldError` naming the file and what is wrong in it."""
    try:
        world = msgspec.yaml.decode(path.read_bytes(), type=World)
    except (OSError, msgspec.DecodeError) as error:
        raise WorldError(f"{path}: {error}") from error
    _check_members(path, world)
    return world


def _check_members(path: Path, world: World) -> None:
    known = {person.id for person in world.people} | {world.bot.user_id}
    for channel in world.channels:
        if strangers := sorted(set(channel.members) - known):
            raise WorldError(f"{path}: #{channel.name} has members that are no people: {', '.join(strangers)}")
