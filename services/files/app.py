"""The files service: what people upload to rooms, who may fetch it, and people's pictures."""

from datetime import timedelta

from fastapi import FastAPI

from services.files.access import Access
from services.files.avatars import Avatars
from services.files.direct_uploads import DirectUploads
from services.files.membership import Membership
from services.files.multipart import MAX_OVERHEAD
from services.files.pictures import Limits, Pictures
from services.files.requests import Requests
from services.files.review import NameReview
from services.files.routes import avatars, content, direct, files, upload
from services.files.scanner import Scanner
from services.files.settings import Settings
from services.files.signed_urls import UrlSigner
from services.files.subscribers import subscribe
from services.files.sweeper import Sweeper
from services.files.uploads import Uploads
from services.files.which_store import store_of
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
    blobs = store_of(settings)
    pictures = Pictures(Limits(settings.files_image_max_pixels, settings.files_image_max_frames))
    scanner = Scanner(settings.files_clamd_host, settings.files_clamd_port)
    signer = UrlSigner(settings.caller_secret.get_secret_value(), settings.files_url_seconds)
    outbox = Outbox("files", db, bus)
    inbox = Inbox("files", db, bus)
    subscribe(inbox)
    membership = Membership(db, inbox)
    app = create_service(
        service="files",
        version=VERSION,
        settings=settings,
        routers=[upload.router, direct.router, files.router, content.router, avatars.router],
        parts=[
            db.running,
            blobs.running,
            pictures.running,
            Sweeper(db, blobs, grace=timedelta(seconds=settings.files_orphan_seconds)).running,
            bus.connected,
            outbox.running,
            inbox.running,
            Requests(db, bus).running,
        ],
        ready={"database": db.ping, "nats": bus.ping, "store": blobs.check},
    )
    limits = {"most": settings.files_max_bytes, "quota": settings.files_quota_bytes}
    uploads = Uploads(db, blobs, pictures, scanner, NameReview(bus), **limits)
    app.state.wiring = Wiring(
        db=db,
        blobs=blobs,
        membership=membership,
        signer=signer,
        access=Access(db, membership, signer),
        uploads=uploads,
        direct=DirectUploads(db, blobs, uploads, scanner, most=settings.files_direct_max_bytes),
        avatars=Avatars(db, blobs, pictures, scanner, most=settings.files_avatar_max_bytes),
        max_body=settings.files_max_bytes + MAX_OVERHEAD,
    )
    return app
