"""A room as a client builds it: what it once read, changed by every entry that came after."""

from typing import Any

Frame = dict[str, Any]


class ClientState:
    """Messages by id and who is in the room; `apply` takes entries in their order."""

    def __init__(self, seq: int, messages: list[Frame], members: dict[str, str]) -> None:
        self.seq = seq
        self.messages = {message["id"]: _for_all(message) for message in messages}
        self.members = dict(members)

    def apply(self, frame: Frame) -> None:
        """The next entry."""
        assert frame["seq"] == self.seq + 1, (self.seq, frame)
        self.seq = frame["seq"]
        getattr(self, "_" + frame["type"].replace(".", "_"))(frame)

    def shown(self) -> list[Frame]:
        """The messages, oldest first."""
        return sorted(self.messages.values(), key=lambda message: message["seq"])

    def _message_created(self, frame: Frame) -> None:
        self.messages[frame["message"]["id"]] = _for_all(frame["message"])

    _message_updated = _message_created

    def _message_deleted(self, frame: Frame) -> None:
        gone = {"content": "", "attachments": [], "mentions": [], "mentions_room": False, "reactions": {}}
        self.messages[frame["message_id"]] |= {**gone, "pinned": False, "deleted": True}

    def _message_pinned(self, frame: Frame) -> None:
        self.messages[frame["message_id"]]["pinned"] = True

    def _message_unpinned(self, frame: Frame) -> None:
        self.messages[frame["message_id"]]["pinned"] = False

    def _reaction_added(self, frame: Frame) -> None:
        counts = self.messages[frame["message_id"]]["reactions"]
        counts[frame["emoji"]] = counts.get(frame["emoji"], 0) + 1

    def _reaction_removed(self, frame: Frame) -> None:
        counts = self.messages[frame["message_id"]]["reactions"]
        counts[frame["emoji"]] -= 1
        if not counts[frame["emoji"]]:
            del counts[frame["emoji"]]

    def _member_joined(self, frame: Frame) -> None:
        self.members[frame["user_id"]] = frame["member"]["role"]

    def _member_updated(self, frame: Frame) -> None:
        self.members[frame["user_id"]] = frame["role"]

    def _member_left(self, frame: Frame) -> None:
        del self.members[frame["user_id"]]

    def _member_banned(self, frame: Frame) -> None:
        self.members.pop(frame["user_id"], None)

    def _nothing(self, frame: Frame) -> None:
        """Changes neither."""

    def _room_purged(self, frame: Frame) -> None:
        kept = self.messages.items()
        self.messages = {id_: message for id_, message in kept if message["seq"] >= frame["before_seq"]}

    def _room_updated(self, frame: Frame) -> None:
        if "message" in frame:
            self._message_created(frame)

    _member_muted = _member_unmuted = _member_unbanned = _nothing


def _for_all(message: Frame) -> Frame:
    """The message without what differs from reader to reader, or only says when."""
    kept = {name: value for name, value in message.items() if name not in ("deleted_at", "reactions")}
    counts = {one["emoji"]: one["count"] for one in message["reactions"]}
    return {**kept, "reactions": counts, "deleted": message["deleted_at"] is not None}
