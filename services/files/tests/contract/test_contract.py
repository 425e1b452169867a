from services.files.app import create_app
from services.files.settings import Settings
from shared.testing.contract.service import ServiceContract


class TestFiles(ServiceContract):
    service = "files"
    create_app = staticmethod(create_app)
    settings = Settings
