"""`python -m services.messaging [serve|migrate|contract]`."""

from services.messaging.app import create_app
from services.messaging.events import PUBLISHED
from services.messaging.settings import Settings
from shared.main import service_main

if __name__ == "__main__":
    service_main("messaging", Settings, create_app, migrations="services.messaging:migrations", events=PUBLISHED)
