"""What the auth service does when others tell their news. Each handler runs in the transaction of the inbox."""

from pydantic import BaseModel, ConfigDict

from services.auth.actions.set_avatar import set_avatar
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


class AvatarNews(BaseModel):
    """Files' `avatar.updated`; fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    user_id: str
    avatar_url: str | None


def subscribe(inbox: Inbox) -> None:
    """Name the news that matter here; the inbox passes over all others."""
    inbox.on("files", "avatar.updated", _on_avatar)


def _on_avatar(tx: WriteSession, envelope: Envelope) -> None:
    news = AvatarNews.model_validate(envelope.data)
    set_avatar(tx, news.user_id, news.avatar_url)
