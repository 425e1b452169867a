"""`python -m services.gateway [serve|contract]`."""

import sys

from services.gateway.app import create_app
from services.gateway.contract_files import write
from services.gateway.realtime.wire import Wire
from services.gateway.settings import Settings
from shared.main import service_main
from shared.server import run


def serve(settings: Settings) -> None:
    """Serve until a signal says stop."""
    run(create_app, settings, ws=Wire)


if sys.argv[1:] == ["contract"]:
    write()
else:
    service_main("gateway", Settings, create_app, serve=serve)  # type: ignore[arg-type]  # ours is bare ASGI
