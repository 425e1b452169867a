"""The messaging service: the timeline of every room, and all that is stored in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from services.messaging.durable import DurableCopy
from services.messaging.publisher import Publisher
from services.messaging.push import Push
from services.messaging.requests import GatewayRequests
from services.messaging.review import Reviewer
from services.messaging.routes import messages
from services.messaging.sequencer import Sequencer
from services.messaging.settings import Settings
from services.messaging.subscribers import subscribe
from shared.app import create_app as create_service
from shared.bus import Bus
from shared.caller import CallerVerifier
from shared.database import Database
from shared.inbox import Inbox
from shared.problems import Problem

VERSION = "0.1.0"


def create_app(settings: Settings) -> FastAPI:
    """The service, whole: parts start in the order they stand here and stop in reverse."""
    db = Database(settings.database_url)
    bus = Bus("messaging", settings)
    publisher = Publisher(db, bus, DurableCopy(db, bus))
    sequencer = Sequencer(db, Reviewer(bus, settings.review_timeout), publisher, batch_size=settings.batch_size)
    inbox = Inbox("messaging", db, bus)
    subscribe(inbox, publisher.wake)
    verifier = CallerVerifier("messaging", settings.caller_secret.get_secret_value())
    requests = GatewayRequests(settings, db, sequencer, inbox, verifier)
    push = Push(inbox)

    @asynccontextmanager
    async def caught_up() -> AsyncIterator[None]:
        await push.catch_up()
        yield

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        await requests.serve(bus)
        await push.serve(bus)
        with suppress(Problem):  # without a broker nobody can ask; with one, they can from here on
            await bus.ping()
        yield

    return create_service(
        service="messaging",
        version=VERSION,
        settings=settings,
        routers=[messages.router(db, sequencer)],
        parts=[db.running, bus.connected, publisher.running, inbox.running, caught_up, sequencer.running, serving],
        ready={"database": db.ping, "nats": bus.ping},
    )
