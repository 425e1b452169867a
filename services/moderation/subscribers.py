"""What moderation does when others tell their news. Each handler runs in the transaction of the inbox."""

from collections.abc import Callable

from services.moderation.actions.forget import forget_room, forget_user
from services.moderation.actions.hear_room import hear_room
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.heard import (
    DeletionNews,
    MemberJoined,
    MemberLeft,
    MemberRoleChanged,
    ProfileNews,
    RoleNews,
    RoomCreated,
    RoomDeleted,
    RoomUpdated,
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
    inbox.on("auth", "user.deleted", _on_deletion)
    inbox.on("rooms", "room.created", changing(_room_created))
    inbox.on("rooms", "room.updated", changing(_room_updated))
    inbox.on("rooms", "room.deleted", changing(_room_deleted))
    inbox.on("rooms", "member.joined", _member_joined)
    inbox.on("rooms", "member.left", _member_left)
    inbox.on("rooms", "member.role_changed", _member_role_changed)


def _on_profile(tx: WriteSession, envelope: Envelope) -> None:
    person = ProfileNews.model_validate(envelope.data).user
    users.put(tx, person.id, person.role)


def _on_role(tx: WriteSession, envelope: Envelope) -> None:
    told = RoleNews.model_validate(envelope.data)
    users.put(tx, told.user_id, told.role)


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
    act = Act(envelope.at, told.by, "kick", told.user_id, told.room_id, None)
    # Rooms tells again what it told before, when its database was restored.
    if told.reason == "kicked" and not audit.is_noted(tx, act):
        note(tx, act)


def _member_role_changed(tx: WriteSession, envelope: Envelope) -> None:
    told = MemberRoleChanged.model_validate(envelope.data)
    members.put(tx, told.room_id, told.user_id, told.role)
