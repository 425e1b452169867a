"""HTTP: parse, call one action or query, answer."""

from services.auth.routes.keys import router as keys_router
from services.auth.routes.login import router as login_router
from services.auth.routes.me import router as me_router
from services.auth.routes.sessions import router as sessions_router
from services.auth.routes.users import router as users_router

# `/users/me` before `/users/{user_id}`.
ROUTERS = (login_router, sessions_router, keys_router, me_router, users_router)
