"""The files service: what people upload to rooms, and who may fetch it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.files.local_blobs import LocalBlobs
from services.files.membership import Membership
from services.files.multipart import MAX_OVERHEAD
from services.files.requests import Requests
from services.files.routes import content, files, upload
from services.files.settings import Settings
from services.files.subscribers import subscribe
from services.files.sweeper import Sweeper
from services.files.uploads import Uploads
from services.files.wiring import Wiring
from shared.app import create_app as create_service
from shared.bus import Bus
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import Outbox

VERSION = "0.1.0"


def create_app(settings: Settings) -> FastAPI:
    """The service, whole: parts start in the order they stand here and stop in reverse."""
    db = Database(settings.database_url)
    bus = Bus("files", settings)
    blobs = LocalBlobs(settings.files_root)
    outbox = Outbox("files", db, bus)
    inbox = Inbox("files", db, bus)
    subscribe(inbox)
    requests = Requests(db)

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        await bus.serve("describe", requests.describe)
        yield

    app = create_service(
        service="files",
        version=VERSION,
        settings=settings,
        routers=[upload.router, files.router, content.router],
        parts=[
            db.running,
            blobs.running,
            Sweeper(db, blobs).running,
            bus.connected,
            outbox.running,
            inbox.running,
            serving,
        ],
        ready={"database": db.ping, "nats": bus.ping, "store": blobs.check},
    )
    app.state.wiring = Wiring(
        db=db,
        blobs=blobs,
        membership=Membership(db, inbox),
        uploads=Uploads(db, blobs, most=settings.files_max_bytes, quota=settings.files_quota_bytes),
        max_body=settings.files_max_bytes + MAX_OVERHEAD,
    )
    return app
