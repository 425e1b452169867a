"""`python -m services.files serve | migrate | contract`."""

from services.files.app import create_app
from services.files.events import EVENTS
from services.files.settings import Settings
from shared.main import service_main

if __name__ == "__main__":
    service_main("files", Settings, create_app, "services.files:migrations", events=EVENTS)
