"""The rooms service, put together."""

from fastapi import FastAPI

from services.rooms import __version__
from services.rooms.directory import Directory
from services.rooms.expiry import Expiry
from services.rooms.review import Reviewer
from services.rooms.routes import ROUTERS
from services.rooms.rpc import Rpc
from services.rooms.settings import Settings
from services.rooms.subscribers import subscribe
from services.rooms.wiring import Wiring
from shared import app as kit
from shared.bus import Bus
from shared.caller import CallerVerifier
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import HandOver, Outbox


def create_app(settings: Settings) -> FastAPI:
    """Everything that runs in a process of this service."""
    db = Database(settings.database_url)
    bus = Bus("rooms", settings)
    outbox = Outbox("rooms", db, bus)
    inbox = Inbox("rooms", db, bus)
    subscribe(inbox)
    timeline = HandOver(db, bus, "rooms", to="rpc.messaging.push")
    wiring = Wiring(db, timeline, Directory(db, bus), inbox, Reviewer(bus))
    verifier = CallerVerifier("rooms", settings.caller_secret.get_secret_value())
    app = kit.create_app(
        service="rooms",
        version=__version__,
        settings=settings,
        routers=ROUTERS,
        parts=[
            db.running,
            bus.connected,
            outbox.running,
            inbox.running,
            Rpc(bus, verifier, wiring).running,
            Expiry(db, timeline).running,
        ],
        ready={"database": db.ping, "nats": bus.ping},
    )
    app.state.wiring = wiring
    return app
