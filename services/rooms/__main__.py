"""`python -m services.rooms [serve|migrate|contract]`."""

from services.rooms.app import create_app
from services.rooms.events import PUBLISHED
from services.rooms.settings import Settings
from shared.main import service_main

if __name__ == "__main__":
    service_main("rooms", Settings, create_app, migrations="services.rooms:migrations", events=PUBLISHED)
