"""Which conversations there are for the bot: those that it is in, and those that are public."""

from sandbox.slack.records import SlackError
from sandbox.slack.state import State
from sandbox.world import Channel


def kind(channel: Channel) -> str:
    if channel.id.startswith("D"):
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def is_in(state: State, channel: Channel) -> bool:
    return state.world.bot.user_id in channel.members


def may_list(state: State, channel: Channel) -> bool:
    return kind(channel) == "public_channel" or is_in(state, channel)


def readable(state: State, channel_id: str) -> Channel:
    """Raises `channel_not_found` also for what is there and hidden from the bot."""
    channel = state.channels.get(channel_id)
    if channel is None or not may_list(state, channel):
        raise SlackError("channel_not_found")
    return channel
