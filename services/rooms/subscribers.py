"""What the rooms service does when others tell their news. Each handler runs in the transaction of the inbox."""

from services.rooms.actions.ban import ban, unban
from services.rooms.actions.forget_user import forget_user
from services.rooms.heard import BanNews, BlockNews, DeletionNews, ProfileNews, RoleNews, UnbanNews
from services.rooms.store import blocks, users
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


def subscribe(inbox: Inbox) -> None:
    """Name the news that matter here; the inbox passes over all others."""
    inbox.on("auth", "user.registered", _on_profile)
    inbox.on("auth", "user.updated", _on_profile)
    inbox.on("auth", "user.role_changed", _on_role)
    inbox.on("auth", "user.deleted", _on_deletion)
    inbox.on("auth", "user.blocked", _on_block)
    inbox.on("auth", "user.unblocked", _on_unblock)
    inbox.on("moderation", "member.banned", _on_ban)
    inbox.on("moderation", "member.unbanned", _on_unban)


def _on_profile(tx: WriteSession, envelope: Envelope) -> None:
    users.put(tx, ProfileNews.model_validate(envelope.data).user.public())


def _on_role(tx: WriteSession, envelope: Envelope) -> None:
    news = RoleNews.model_validate(envelope.data)
    users.set_role(tx, news.user_id, news.role)


def _on_deletion(tx: WriteSession, envelope: Envelope) -> None:
    forget_user(tx, DeletionNews.model_validate(envelope.data).user_id)


def _on_block(tx: WriteSession, envelope: Envelope) -> None:
    news = BlockNews.model_validate(envelope.data)
    blocks.put(tx, news.user_id, news.blocked_id)


def _on_unblock(tx: WriteSession, envelope: Envelope) -> None:
    news = BlockNews.model_validate(envelope.data)
    blocks.lift(tx, news.user_id, news.blocked_id)


def _on_ban(tx: WriteSession, envelope: Envelope) -> None:
    news = BanNews.model_validate(envelope.data)
    ban(tx, news.room_id, news.user_id, news.expires_at)


def _on_unban(tx: WriteSession, envelope: Envelope) -> None:
    news = UnbanNews.model_validate(envelope.data)
    unban(tx, news.room_id, news.user_id)
