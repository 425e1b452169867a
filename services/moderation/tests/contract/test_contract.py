from services.moderation.app import create_app
from services.moderation.settings import Settings
from shared.testing.contract.service import ServiceContract


class TestModeration(ServiceContract):
    service = "moderation"
    create_app = staticmethod(create_app)
    settings = Settings
