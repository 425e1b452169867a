"""The auth service, put together."""

from fastapi import FastAPI

from services.auth import __version__
from services.auth.admin_draft import admin_draft
from services.auth.first_admin import FirstAdmin
from services.auth.mailer import Mailer
from services.auth.postman import Postman
from services.auth.routes import ROUTERS
from services.auth.rpc import Rpc
from services.auth.settings import Settings
from services.auth.subscribers import subscribe
from services.auth.sweeper import Sweeper
from services.auth.wiring import Wiring
from shared import app as kit
from shared.app import Part
from shared.bus import Bus
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import Outbox


def create_app(settings: Settings) -> FastAPI:
    """Everything that runs in a process of this service."""
    db = Database(settings.database_url)
    bus = Bus("auth", settings)
    outbox = Outbox("auth", db, bus)
    inbox = Inbox("auth", db, bus)
    subscribe(inbox)
    wiring = Wiring.of(settings, db, bus)
    app = kit.create_app(
        service="auth",
        version=__version__,
        settings=settings,
        routers=ROUTERS,
        parts=[
            db.running,
            wiring.passwords.running,
            wiring.keys.running,
            *_first_admin(settings, wiring),
            bus.connected,
            outbox.running,
            inbox.running,
            Rpc(bus, wiring).running,
            Sweeper(db).running,
            *_mail(settings, db),
        ],
        ready={"database": db.ping, "nats": bus.ping},
        max_body=16 * 1024,
    )
    app.state.wiring = wiring
    return app


def _first_admin(settings: Settings, wiring: Wiring) -> list[Part]:
    if not settings.auth_admin_username:
        return []
    draft = admin_draft(
        settings.auth_admin_username, settings.auth_admin_password, settings.auth_admin_email, settings.password_min
    )
    return [FirstAdmin(wiring.db, wiring.passwords, draft).running]


def _mail(settings: Settings, db: Database) -> list[Part]:
    if not settings.smtp_host:
        return []
    mailer = Mailer(
        settings.smtp_host,
        settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password,
        tls=settings.smtp_tls,
        sender=settings.smtp_from,
    )
    return [Postman(db, mailer, str(settings.public_url or "")).running]
