"""The moderation service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.moderation import __version__
from services.moderation.board import Board
from services.moderation.directory import Directory
from services.moderation.evidence import Evidence
from services.moderation.expiry import Expiry
from services.moderation.export import Export
from services.moderation.judge import Judge
from services.moderation.queue import Queue
from services.moderation.review import Review
from services.moderation.routes import ROUTERS
from services.moderation.rule_mutes import RuleMutes
from services.moderation.settings import Settings
from services.moderation.subscribers import subscribe
from services.moderation.wiring import Wiring
from shared import app as kit
from shared.bus import Bus
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import HandOver, Outbox


def create_app(settings: Settings) -> FastAPI:
    """Everything that runs in a process of this service: parts start in the order they stand in and stop in reverse."""
    db = Database(settings.database_url)
    bus = Bus("moderation", settings)
    outbox = Outbox("moderation", db, bus)
    inbox = Inbox("moderation", db, bus)
    timeline = HandOver(db, bus, "moderation", to="rpc.messaging.push")
    directory = Directory(db, bus)
    mutes = RuleMutes()
    board = Board(db, bus, Judge(settings.names, mutes.put))
    subscribe(inbox, board.look)
    review = Review(board)

    @asynccontextmanager
    async def answering() -> AsyncIterator[None]:
        async with mutes.running(timeline, directory):
            serving = [await bus.serve("review", review.review), await bus.serve("export", Export(db).export)]
            yield
            for each in serving:
                await each.unsubscribe()

    app = kit.create_app(
        service="moderation",
        version=__version__,
        settings=settings,
        routers=ROUTERS,
        parts=[
            db.running,
            bus.connected,
            outbox.running,
            inbox.running,
            board.running,
            answering,
            Expiry(db, timeline).running,
        ],
        ready={"database": db.ping, "nats": bus.ping},
    )
    app.state.wiring = Wiring(db, timeline, directory, Evidence(bus), Queue(db, bus), board, inbox)
    return app
