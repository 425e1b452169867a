from services.rooms.app import create_app
from services.rooms.settings import Settings
from shared.testing.contract.service import ServiceContract


class TestRooms(ServiceContract):
    service = "rooms"
    create_app = staticmethod(create_app)
    settings = Settings
    agreed = frozenset({"moderation.member.banned", "moderation.member.unbanned"})
