"""`python -m services.messaging [serve|migrate|contract|compact|new-epoch]`."""

from services.messaging.app import create_app
from services.messaging.compact import compact
from services.messaging.epoch import start_over
from services.messaging.events import PUBLISHED
from services.messaging.settings import Settings
from shared.main import service_main


def _compact(settings: Settings, _: list[str]) -> None:
    compact(settings.database_url)


async def _new_epoch(settings: Settings, _: list[str]) -> None:
    print("a new epoch begins:", await start_over(settings.database_url))


if __name__ == "__main__":
    service_main(
        "messaging",
        Settings,
        create_app,
        migrations="services.messaging:migrations",
        commands={"compact": _compact, "new-epoch": _new_epoch},
        events=PUBLISHED,
    )
