"""HTTP: parse, call one action or query, answer. 202 says that messaging takes the change a little later."""

from services.moderation.routes.audit import router as audit_router
from services.moderation.routes.cases import router as cases_router
from services.moderation.routes.held import router as held_router
from services.moderation.routes.reports import router as reports_router
from services.moderation.routes.restrictions import router as restrictions_router
from services.moderation.routes.rules import router as rules_router
from services.moderation.routes.summary import router as summary_router
from services.moderation.routes.words import router as words_router

ROUTERS = (
    restrictions_router,
    held_router,
    reports_router,
    cases_router,
    words_router,
    rules_router,
    audit_router,
    summary_router,
)
