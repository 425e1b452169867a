from services.auth.app import create_app
from services.auth.settings import Settings
from shared.testing.contract.service import ServiceContract


class TestAuth(ServiceContract):
    service = "auth"
    create_app = staticmethod(create_app)
    settings = Settings
    agreed = frozenset({"files.avatar.updated"})
