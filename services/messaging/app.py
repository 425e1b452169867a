"""The messaging service: the timeline of every room, and all that is stored in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from services.messaging.attachments import FileDirectory
from services.messaging.durable import DurableCopy
from services.messaging.epoch import EpochGuard
from services.messaging.late_review import LateReview
from services.messaging.notices import Notices
from services.messaging.oblivion import Oblivion
from services.messaging.publisher import Publisher
from services.messaging.purge import Purge
from services.messaging.push import Push
from services.messaging.requests import GatewayRequests
from services.messaging.review import Reviewer
from services.messaging.routes import held, messages, reactions, reading, scheduled
from services.messaging.scheduler import Scheduler
from services.messaging.sequencer import Sequencer
from services.messaging.service_requests import ServiceRequests
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
    guard = EpochGuard(db, bus)
    publisher = Publisher(db, bus, DurableCopy(db, bus, guard), guard)
    reviewer = Reviewer(bus, settings.review_timeout, hold=settings.review_away == "hold")
    notices = Notices(bus)
    sequencer = Sequencer(db, reviewer, FileDirectory(bus), publisher, notices, batch_size=settings.batch_size)
    scheduler = Scheduler(db, sequencer)
    sequencer.on_scheduled.append(scheduler.wake)
    inbox = Inbox("messaging", db, bus)
    oblivion = Oblivion(db, bus)
    subscribe(inbox, publisher.wake, notices.tell_soon, oblivion.wake)
    verifier = CallerVerifier("messaging", settings.caller_secret.get_secret_value())
    requests = GatewayRequests(settings, db, sequencer, inbox, verifier, guard)
    push = Push(inbox, guard)
    services = ServiceRequests(db, guard)

    @asynccontextmanager
    async def caught_up() -> AsyncIterator[None]:
        await push.catch_up()
        yield

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        await requests.serve(bus)
        await push.serve(bus)
        await services.serve(bus)
        with suppress(Problem):  # without a broker nobody can ask; with one, they can from here on
            await bus.ping()
        yield

    routers = [
        messages.router(db, sequencer, guard),
        reactions.router(db, sequencer, guard),
        reading.router(db, sequencer, guard),
        scheduled.router(db, scheduler, guard),
        held.router(db, guard),
    ]
    return create_service(
        service="messaging",
        version=VERSION,
        settings=settings,
        routers=routers,
        parts=[
            db.running,
            bus.connected,
            guard.running,
            publisher.running,
            inbox.running,
            caught_up,
            sequencer.running,
            scheduler.running,
            LateReview(db, sequencer, notices, settings.review_again_every).running,
            Purge(db, settings, publisher.wake).running,
            oblivion.running,
            serving,
        ],
        ready={"database": db.ping, "nats": bus.ping, "epoch": guard.passed},
    )
