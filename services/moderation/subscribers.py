"""What moderation does when others tell their news. Each handler runs in the transaction of the inbox."""

from collections.abc import Callable

from services.moderation.actions.forget import forget_room, forget_user
from services.moderation.actions.hear_room import hear_room
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.heard import (
    BanNews,
    DeletionNews,
    MemberJoined,
    MemberLeft,
    MemberRoleChanged,
    MessageDeleted,
    ProfileNews,
    RoleNews,
    RoomCreated,
    RoomDeleted,
    RoomUpdated,
    UnbanNews,
)
from services.moderation.store import audit, members, users
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


def subscribe(inbox: Inbox, on_room: Callable[[], None]) -> None:
    """Bind every event type to what it does here; `on_room` is called when a room's settings may have changed."""

    def changing(apply: Callable[[WriteSession, Envelope], None]) -> Callable[[WriteSession, Envelope], None]:
        def handler(tx: WriteSession, envelope: Envelope) -> None:
            apply(tx, envelope)
            tx.after_commit(on_room)

        return handler

    inbox.on("auth", "user.registered", _on_profile)
    inbox.on("auth", "user.role_changed", _on_role)
    inbox.on("auth", "user.banned", _on_ban)
    inbox.on("auth", "user.unbanned", _on_unban)
    inbox.on("auth", "user.deleted", _on_deletion)
    inbox.on("rooms", "room.created", changing(_room_created))
    inbox.on("rooms", "room.updated", changing(_room_updated))
    inbox.on("rooms", "room.deleted", changing(_room_deleted))
    inbox.on("rooms", "member.joined", _member_joined)
    inbox.on("rooms", "member.left", _member_left)
    inbox.on("rooms", "member.role_changed", _member_role_changed)
    inbox.on("messaging", "message.deleted", _message_deleted)


def _on_profile(tx: WriteSession, envelope: Envelope) -> None:
    person = ProfileNews.model_validate(envelope.data).user
    users.put(tx, person.id, person.role)


def _on_role(tx: WriteSession, envelope: Envelope) -> None:
    told = RoleNews.model_validate(envelope.data)
    users.put(tx, told.user_id, told.role)
    _note_once(tx, Act(envelope.at, told.by, "set_role", told.user_id, None, told.role))


def _on_ban(tx: WriteSession, envelope: Envelope) -> None:
    told = BanNews.model_validate(envelope.data)
    _note_once(tx, Act(envelope.at, told.by, "ban", told.user_id, None, told.reason or None))


def _on_unban(tx: WriteSession, envelope: Envelope) -> None:
    told = UnbanNews.model_validate(envelope.data)
    _note_once(tx, Act(envelope.at, told.by, "unban", told.user_id, None, None))


def _on_deletion(tx: WriteSession, envelope: Envelope) -> None:
    forget_user(tx, DeletionNews.model_validate(envelope.data).user_id)


def _room_created(tx: WriteSession, envelope: Envelope) -> None:
    told = RoomCreated.model_validate(envelope.data)
    hear_room(tx, told.room)
    for member in told.members:
        members.put(tx, told.room.id, member.user_id, member.role)


def _room_updated(tx: WriteSession, envelope: Envelope) -> None:
    hear_room(tx, RoomUpdated.model_validate(envelope.data).room)


def _room_deleted(tx: WriteSession, envelope: Envelope) -> None:
    forget_room(tx, RoomDeleted.model_validate(envelope.data).room_id)


def _member_joined(tx: WriteSession, envelope: Envelope) -> None:
    told = MemberJoined.model_validate(envelope.data)
    members.put(tx, told.room_id, told.member.user_id, told.member.role)


def _member_left(tx: WriteSession, envelope: Envelope) -> None:
    told = MemberLeft.model_validate(envelope.data)
    members.drop(tx, told.room_id, told.user_id)
    if told.reason == "kicked":
        _note_once(tx, Act(envelope.at, told.by, "kick", told.user_id, told.room_id, None))


def _member_role_changed(tx: WriteSession, envelope: Envelope) -> None:
    told = MemberRoleChanged.model_validate(envelope.data)
    members.put(tx, told.room_id, told.user_id, told.role)


def _message_deleted(tx: WriteSession, envelope: Envelope) -> None:
    told = MessageDeleted.model_validate(envelope.data)
    if told.by_moderator:
        _note_once(tx, Act(envelope.at, told.by, "delete_message", told.message_id, told.room_id, told.reason))


def _note_once(tx: WriteSession, act: Act) -> None:
    # A producer tells again what it told before, when its database was restored.
    if not audit.is_noted(tx, act):
        note(tx, act)
