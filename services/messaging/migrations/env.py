"""Alembic's environment for messaging's migrations."""

from services.messaging.models import metadata
from shared.migrations import run_migrations

run_migrations(metadata)
