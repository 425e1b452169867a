"""The chat that tutorials build, as a peer to measure against: FastAPI's WebSocket route, the SQLAlchemy ORM, SQLite in
WAL mode, and a manager that loops over the sockets of a room.

It stores before it sends, and that is all it promises: no order, no retry, no resume, no limits, no review, and a
member that does not read stops the room. Passwords are left out; a session is a signed token.

    python bench/peers/tutorial.py PORT DATABASE_FILE
"""

import json
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from sqlalchemy import ForeignKey, Index, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, sessionmaker

SECRET = "a tutorial keeps its secret in the source, and so does this one"
engine = create_engine(f"sqlite:///{sys.argv[2]}", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)


@event.listens_for(engine, "connect")
def use_wal(connection, _):
    connection.execute("PRAGMA journal_mode=WAL")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: str(uuid.uuid4()))
    username: Mapped[str] = mapped_column(unique=True)


class Member(Base):
    __tablename__ = "members"
    room_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    content: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    user: Mapped[User] = relationship()
    __table_args__ = (Index("messages_by_room", "room_id", "id"),)


class Registration(BaseModel):
    username: str


class MessageOut(BaseModel):
    id: int
    room_id: str
    user_id: str
    username: str
    content: str
    created_at: datetime


class Manager:
    def __init__(self) -> None:
        self.rooms: dict[str, list[WebSocket]] = defaultdict(list)

    async def broadcast(self, room_id: str, text: str) -> None:
        for socket in list(self.rooms[room_id]):
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(text)


app = FastAPI()
manager = Manager()
Base.metadata.create_all(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def user_of(token: str) -> str:
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None


def current_user(authorization: Annotated[str, Header()]) -> str:
    return user_of(authorization.removeprefix("Bearer "))


Db = Annotated[Session, Depends(get_db)]
CurrentUser = Annotated[str, Depends(current_user)]


@app.post("/register")
def register(registration: Registration, db: Db) -> dict[str, str]:
    user = User(username=registration.username)
    db.add(user)
    db.commit()
    claims = {"sub": user.id, "exp": int(time.time()) + 3600}
    return {"access_token": jwt.encode(claims, SECRET, "HS256")}


@app.post("/rooms/{room_id}/join")
def join(room_id: str, user_id: CurrentUser, db: Db) -> dict[str, str]:
    db.add(Member(room_id=room_id, user_id=user_id))
    db.commit()
    return {"room_id": room_id}


@app.get("/rooms/{room_id}/messages")
def history(room_id: str, user_id: CurrentUser, db: Db, limit: int = 50) -> list[MessageOut]:
    if db.get(Member, (room_id, user_id)) is None:
        raise HTTPException(403)
    newest = select(Message).options(joinedload(Message.user)).where(Message.room_id == room_id)
    rows = db.scalars(newest.order_by(Message.id.desc()).limit(limit)).all()
    return [view(message) for message in reversed(rows)]


def view(message: Message) -> MessageOut:
    fields = {name: getattr(message, name) for name in ("id", "room_id", "user_id", "content", "created_at")}
    return MessageOut(**fields, username=message.user.username)


def store(room_id: str, user_id: str, content: str) -> str:
    with SessionLocal() as db:
        message = Message(room_id=room_id, user_id=user_id, content=content)
        db.add(message)
        db.commit()
        return view(message).model_dump_json()


@app.websocket("/ws/{room_id}")
async def chat(socket: WebSocket, room_id: str) -> None:
    user_id = user_of(socket.headers["authorization"].removeprefix("Bearer "))
    with SessionLocal() as db:
        if db.get(Member, (room_id, user_id)) is None:
            await socket.close(4403)
            return
    await socket.accept()
    manager.rooms[room_id].append(socket)
    try:
        while True:
            frame = json.loads(await socket.receive_text())
            await manager.broadcast(room_id, store(room_id, user_id, frame["content"]))
    except WebSocketDisconnect:
        return
    finally:
        manager.rooms[room_id].remove(socket)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
