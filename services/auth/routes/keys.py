"""`/.well-known/jwks.json`: the public keys, under the API's path and where RFC 8615 has it."""

from typing import Any

from fastapi import APIRouter, Response

from services.auth.schemas import PublicKeys
from services.auth.wiring import Wired
from shared.web.json_body import StrictRoute

router = APIRouter(tags=["auth"], route_class=StrictRoute)


@router.get("/.well-known/jwks.json", response_model=PublicKeys, include_in_schema=False)
@router.get("/api/v1/.well-known/jwks.json", response_model=PublicKeys)
async def get_keys(wired: Wired, response: Response) -> dict[str, Any]:
    """The keys that access tokens are checked with."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return wired.keys.key_set()
