"""The moderation service: the review of every text before it is stored, and the audit log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.moderation.policy import PassAll
from services.moderation.review import Review
from services.moderation.routes import router
from services.moderation.settings import Settings
from services.moderation.subscribers import subscribe
from shared.app import create_app as create_service
from shared.bus import Bus
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import Outbox

VERSION = "0.1.0"


def create_app(settings: Settings) -> FastAPI:
    """The service, whole: parts start in the order they stand here and stop in reverse."""
    db = Database(settings.database_url)
    bus = Bus("moderation", settings)
    outbox = Outbox("moderation", db, bus)
    inbox = Inbox("moderation", db, bus)
    subscribe(inbox)
    review = Review(PassAll())

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        await bus.serve("review", review.review)
        yield

    app = create_service(
        service="moderation",
        version=VERSION,
        settings=settings,
        routers=[router],
        parts=[db.running, bus.connected, outbox.running, inbox.running, serving],
        ready={"database": db.ping, "nats": bus.ping},
    )
    app.state.db = db
    return app
