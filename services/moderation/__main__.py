"""`python -m services.moderation serve | migrate | contract | verify-audit [export.jsonl]`."""

from pathlib import Path

import orjson

from services.moderation import queries
from services.moderation.app import create_app
from services.moderation.events import PUBLISHED
from services.moderation.settings import Settings
from shared.database import Database
from shared.main import service_main


async def verify_audit(settings: Settings, exports: list[str]) -> int:
    """Say whether the audit log is whole, and still has all of earlier exports; exit status 1 when not."""
    db = Database(settings.database_url)
    try:
        broken = await db.read(queries.broken_entry)
        for export in exports:
            lines = [orjson.loads(line) for line in Path(export).read_bytes().splitlines()]
            broken = broken or await db.read(queries.missing_from_log, lines)
    finally:
        db.close()
    print("the audit log is whole" if broken is None else f"the audit log was tampered with at entry {broken}")
    return 0 if broken is None else 1


if __name__ == "__main__":
    service_main(
        "moderation",
        Settings,
        create_app,
        "services.moderation:migrations",
        {"verify-audit": verify_audit},
        PUBLISHED,
    )
