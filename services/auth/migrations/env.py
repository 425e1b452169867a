"""Alembic's entry: the kit runs the migrations of this folder."""

from services.auth.models import metadata
from shared.migrations import run_migrations

run_migrations(metadata)
