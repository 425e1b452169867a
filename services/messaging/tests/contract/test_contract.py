from services.messaging.app import create_app
from services.messaging.settings import Settings
from shared.testing.contract.service import ServiceContract


class TestMessaging(ServiceContract):
    service = "messaging"
    create_app = staticmethod(create_app)
    settings = Settings
