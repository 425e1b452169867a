"""The router that all of messaging's routes are on: none of them answers before the epoch is known."""

from fastapi import APIRouter, Depends

from services.messaging.epoch import EpochGuard
from shared.web.json_body import StrictRoute


def guarded_router(guard: EpochGuard, tag: str) -> APIRouter:
    """An empty one; its routes are shown under the tag."""
    return APIRouter(prefix="/api/v1", route_class=StrictRoute, tags=[tag], dependencies=[Depends(guard.passed)])
