"""Who did what to whom, of all that matters to security: one line each, with the request's id (RELIABILITY.md S186)."""

import structlog

_log = structlog.get_logger("parley.security")


def note(what: str, *, by: str | None, ip: str, **about: object) -> None:
    """`by` is a user id, None for somebody unknown; what was typed as a name stays out, since it may be a password."""
    _log.info(what, by=by, ip=ip, **about)
