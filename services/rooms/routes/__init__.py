"""HTTP: parse, call one action or query, answer. 202 says that messaging takes the change a little later."""

from services.rooms.routes.direct import router as direct_router
from services.rooms.routes.invitations import router as invitations_router
from services.rooms.routes.invites import router as invites_router
from services.rooms.routes.members import router as members_router
from services.rooms.routes.rooms import router as rooms_router

ROUTERS = (rooms_router, members_router, invites_router, invitations_router, direct_router)
