"""HTTP: parse, call one action or query, answer."""

from services.auth.routes.blocks import router as blocks_router
from services.auth.routes.export import router as export_router
from services.auth.routes.invites import router as invites_router
from services.auth.routes.keys import router as keys_router
from services.auth.routes.login import router as login_router
from services.auth.routes.mail import router as mail_router
from services.auth.routes.me import router as me_router
from services.auth.routes.sessions import router as sessions_router
from services.auth.routes.tokens import router as tokens_router
from services.auth.routes.users import router as users_router

# `/users/me` before `/users/{user_id}`.
ROUTERS = (
    login_router,
    mail_router,
    sessions_router,
    tokens_router,
    invites_router,
    keys_router,
    me_router,
    export_router,
    blocks_router,
    users_router,
)
