"""What the app's acknowledgements and `response_url` posts do in the workspace."""

from typing import Any

import msgspec

from sandbox.slack import limits
from sandbox.slack.outward import Answer
from sandbox.slack.records import Hook, Json, Message, SlackError, View
from sandbox.slack.state import State

TROUBLE = "We had some trouble connecting. Try again?"


class Responses:
    """Applies answers with the same checks that the Web API makes."""

    def __init__(self, state: State) -> None:
        self.state = state

    def to_command(self, answer: Answer, *, user: str, channel: str) -> None:
        """Show the text or the message of a slash command's acknowledgement."""
        body = answer.json()
        if isinstance(body, dict):
            if body.get("text") or body.get("blocks"):
                self.show(body, user=user, channel=channel)
        elif answer.body.strip():
            self.show({"text": answer.body}, user=user, channel=channel)

    def show(self, body: Json, *, user: str, channel: str) -> Message:
        """Post what the app answered, for this person alone unless it says `in_channel`."""
        blocks = body.get("blocks") or []
        if wrong := limits.message_problems(blocks):
            raise SlackError("invalid_blocks", *wrong)
        bot = self.state.world.bot
        return self.state.keep(
            Message(
                ts=self.state.new_ts(),
                channel=channel,
                user=bot.user_id,
                app_id=bot.app_id,
                bot_id=bot.bot_id,
                text=str(body.get("text", "")),
                blocks=tuple(blocks),
                to="" if body.get("response_type") == "in_channel" else user,
            )
        )

    def to_submission(self, answer: Answer, view: View) -> dict[str, str]:
        """Follow `response_action`; the sentences beneath the fields, or beneath the form for bad answers."""
        body = answer.json()
        if not answer.body.strip() or body == {}:
            self.state.close_views(view, every=False)
            return {}
        try:
            return self._follow(body, view)
        except SlackError:
            return {"": TROUBLE}

    def _follow(self, body: Any, view: View) -> dict[str, str]:
        match body:
            case {"response_action": "clear"}:
                self.state.close_views(view, every=True)
            case {"response_action": "update", "view": sent}:
                self.state.update_view(view, checked_view(sent))
            case {"response_action": "push", "view": sent}:
                self.state.open_view(view.user, checked_view(sent), push=True)
            case {"response_action": "errors", "errors": dict(errors)}:
                return self._errors(errors, view)
            case _:
                raise SlackError("invalid_response_action")
        return {}

    def _errors(self, errors: dict[Any, Any], view: View) -> dict[str, str]:
        inputs = {block["block_id"] for block in view.sent["blocks"] if block["type"] == "input"}
        if not errors or not set(errors) <= inputs:
            raise SlackError("invalid_errors")
        return {str(block): str(said) for block, said in errors.items()}

    def to_hook(self, hook: Hook, raw: bytes) -> None:
        """A post to a `response_url`: a message, a replacement, or a deletion. Raises `SlackError`."""
        body = Answer(body=raw.decode("utf-8", "replace")).json()
        if not isinstance(body, dict):
            raise SlackError("invalid_payload")
        original = self.state.kept.get((hook.channel, hook.ts))
        if body.get("delete_original") and original:
            self.state.drop(original)
        elif not (body.get("text") or body.get("blocks")):
            raise SlackError("no_text")
        elif body.get("replace_original") and original:
            self._replace(original, body)
        else:
            self.show(body, user=hook.user, channel=hook.channel)

    def _replace(self, original: Message, body: Json) -> None:
        blocks = body.get("blocks") or []
        if wrong := limits.message_problems(blocks):
            raise SlackError("invalid_blocks", *wrong)
        text = str(body.get("text", ""))
        edited = self.state.new_ts()
        self.state.keep(msgspec.structs.replace(original, text=text, blocks=tuple(blocks), edited=edited))


def checked_view(view: object) -> Json:
    """The modal, if Slack would take it. Raises `SlackError` `invalid_arguments` or `view_too_large`."""
    return _checked(view, limits.view_problems(view))


def checked_home(view: object) -> Json:
    """The Home tab, if Slack would take it. Raises as `checked_view` does."""
    return _checked(view, limits.home_problems(view))


def _checked(view: object, wrong: list[str]) -> Json:
    if wrong:
        raise SlackError("invalid_arguments", *wrong)
    if not isinstance(view, dict) or limits.view_too_large(view):
        raise SlackError("view_too_large")
    return view
