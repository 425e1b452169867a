"""`python -m services.messaging [serve|migrate|contract|compact]`."""

from services.messaging.app import create_app
from services.messaging.compact import compact
from services.messaging.events import PUBLISHED
from services.messaging.settings import Settings
from shared.main import service_main


def _compact(settings: Settings, _: list[str]) -> None:
    compact(settings.database_url)


if __name__ == "__main__":
    service_main(
        "messaging",
        Settings,
        create_app,
        migrations="services.messaging:migrations",
        commands={"compact": _compact},
        events=PUBLISHED,
    )
