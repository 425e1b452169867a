"""`python -m services.moderation serve | migrate | contract | verify-audit`."""

from services.moderation import queries
from services.moderation.app import create_app
from services.moderation.settings import Settings
from shared.database import Database
from shared.main import service_main


async def verify_audit(settings: Settings, _: list[str]) -> int:
    """Say whether the audit log is whole; exit status 1 when it isn't."""
    db = Database(settings.database_url)
    try:
        broken = await db.read(queries.broken_entry)
    finally:
        db.close()
    print("the audit log is whole" if broken is None else f"the audit log was tampered with at entry {broken}")
    return 0 if broken is None else 1


if __name__ == "__main__":
    service_main("moderation", Settings, create_app, "services.moderation:migrations", {"verify-audit": verify_audit})
