"""People and conversations in the shapes of `users.info` and `conversations.info`."""

from sandbox.slack.records import Json
from sandbox.world import Channel, Person, World

CREATED = 1700000000


def user(person: Person, world: World, *, with_email: bool) -> Json:
    """The user object; the address is there only for a token with `users:read.email`."""
    team = person.team_id or world.workspace.id
    first, _, last = person.real_name.partition(" ")
    profile: Json = {
        "title": person.title,
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "team": team,
    }
    if with_email and person.email:
        profile["email"] = person.email
    shown: Json = {
        "id": person.id,
        "team_id": team,
        "name": person.name,
        "deleted": person.deleted,
        "real_name": person.real_name,
        "tz": "Europe/Berlin",
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_app_user": person.is_app_user,
        "is_email_confirmed": person.email_confirmed,
        "updated": CREATED,
    }
    if person.is_invited_user:
        shown["is_invited_user"] = True
    if person.team_id:
        shown["is_stranger"] = person.is_stranger
    return shown


def channel(held: Channel, world: World) -> Json:
    """The conversation object."""
    direct = held.id.startswith("D")
    shown: Json = {
        "id": held.id,
        "created": CREATED,
        "is_archived": held.is_archived,
        "is_im": direct,
        "is_org_shared": False,
        "context_team_id": world.workspace.id,
    }
    if direct:
        other = next(one for one in held.members if one != world.bot.user_id)
        return shown | {"user": other, "is_user_deleted": False}
    return shown | {
        "name": held.name,
        "name_normalized": held.name,
        "is_channel": not held.is_private,
        "is_group": False,
        "is_mpim": False,
        "is_private": held.is_private,
        "is_general": False,
        "is_shared": held.is_ext_shared,
        "is_ext_shared": held.is_ext_shared,
        "is_pending_ext_shared": held.is_pending_ext_shared,
        "is_member": world.bot.user_id in held.members,
        "creator": world.bot.user_id,
        "topic": {"value": held.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "shared_team_ids": [world.workspace.id],
    }
