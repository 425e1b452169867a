"""The body of a login: JSON, or the password form of OAuth 2 (RFC 6749, 4.3), as Swagger sends it."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.auth.schemas import Credentials
from shared.problems import Invalid
from shared.web.json_body import read_json

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20
# Sent by OAuth 2 clients, and without a meaning here.
_UNUSED = ("grant_type", "scope", "client_id", "client_secret")
_FORM_SCHEMA = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "username": {"type": "string", "minLength": 1, "maxLength": 254},
        "password": {"type": "string", "format": "password", "maxLength": 1024},
        "grant_type": {"type": "string", "const": "password"},
        "scope": {"type": "string"},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
    },
    "additionalProperties": False,
}
REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Credentials.model_json_schema()}, _FORM: {"schema": _FORM_SCHEMA}},
    }
}


async def _credentials(request: Request) -> Credentials:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    sent = _form(await request.body()) if media_type == _FORM else await read_json(request)
    if sent is None:
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "Field required"}])
    try:
        return Credentials.model_validate(sent)
    except ValidationError as exc:
        raise RequestValidationError([{**error, "loc": ("body", *error["loc"])} for error in exc.errors()]) from None


def _form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("invalid", "The body is not a form.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or "\0" in "".join(fields.values()):
        raise Invalid("invalid", "The body is not a form of distinct, plain fields.")
    if fields.get("grant_type", "password") != "password":
        raise Invalid("unsupported_grant_type", "Only the grant type `password` is known here.")
    return {name: value for name, value in fields.items() if name not in _UNUSED}


SentCredentials = Annotated[Credentials, Depends(_credentials)]
