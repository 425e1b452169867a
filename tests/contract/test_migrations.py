"""A migration works while the release before it still runs, and goes up, down and up again on a full database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.compatibility.released import released
from deploy.nats.permissions import PRODUCERS
from tests.contract.migrated import Contracts, Migrated, expands


@pytest.mark.parametrize("service", PRODUCERS)
def test_every_migration_leaves_the_release_before_it_what_it_has(service: str, database_url: str) -> None:
    before = released(service)
    assert before is not None
    db = Migrated(database_url, f"services.{service}:migrations")
    steps = db.steps()
    if before.schema != steps[-1][1]:
        steps.append((before.schema, steps[-1][1]))  # in one step, as who runs the release takes it
    try:
        for older, newer in steps:
            db.up(older)
            expands(db, older, newer)
            db.down("base")
    finally:
        db.close()


_HEAD = 'from alembic import op\nimport sqlalchemy as sa\nrevision = "{}"\ndown_revision = {!r}\n'
_FIRST = """
def upgrade():
    op.create_table("people", sa.Column("id", sa.String(36), primary_key=True), sa.Column("name", sa.String(40)),
                    sa.Column("age", sa.Integer, nullable=False))
def downgrade():
    op.drop_table("people")
"""
# What the second migration does and undoes to `people`.
GOOD = {
    "a column that may be empty": ('op.add_column("people", sa.Column("more", sa.Integer))', 'drop("more")'),
    "a column with a default": (
        'op.add_column("people", sa.Column("more", sa.Integer, nullable=False, server_default="0"))',
        'drop("more")',
    ),
    "a table": ('op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("more")'),
    "an index": ('op.create_index("people_age", "people", ["age"])', 'op.drop_index("people_age", "people")'),
}
BAD = {
    "a column less": ('drop("name")', 'op.add_column("people", sa.Column("name", sa.String(40)))'),
    "a column with another name": ('rename("age", "years")', 'rename("years", "age")'),
    "a table with another name": ('op.rename_table("people", "persons")', 'op.rename_table("persons", "people")'),
    "a table less": (
        'op.drop_table("people")',
        _FIRST.strip().splitlines()[1].strip() + " sa.Column('age', sa.Integer))",
    ),
    "a column that has to be said": (
        'op.execute("DELETE FROM people"); op.add_column("people", sa.Column("more", sa.Integer, nullable=False))',
        'drop("more")',
    ),
    "a column that must not be empty any more": (
        "op.execute(\"UPDATE people SET name = 'x' WHERE name IS NULL\"); alter('name', nullable=False)",
        "alter('name', nullable=True)",
    ),
    "other contents": (
        'op.execute("UPDATE people SET age = age + 1")',
        'op.execute("UPDATE people SET age = age - 1")',
    ),
    "a rule": (
        'op.create_index("people_age", "people", [sa.text("(age - age / 1000 * 1000)")], unique=True)',
        'op.drop_index("people_age")',
    ),
    "a way back that loses rows": (
        'op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))',
        'op.drop_table("more"); op.execute("DELETE FROM people")',
    ),
}
_WORDS = """
def drop(name):
    with op.batch_alter_table("people") as people:
        people.drop_column(name)
def rename(name, other):
    with op.batch_alter_table("people") as people:
        people.alter_column(name, new_column_name=other)
def alter(name, **how):
    with op.batch_alter_table("people") as people:
        people.alter_column(name, existing_type=sa.String(40), **how)
"""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Callable[[tuple[str, str]], Migrated]]:
    """A database at its first revision, with a second one that does and undoes this."""
    made: list[Migrated] = []

    def make(change: tuple[str, str]) -> Migrated:
        versions = tmp_path / "migrations" / "versions"
        versions.mkdir(parents=True)
        env = "import sqlalchemy as sa\nfrom shared.migrations import run_migrations\nrun_migrations(sa.MetaData())\n"
        (versions.parent / "env.py").write_text(env)
        (versions / "first.py").write_text(_HEAD.format("0001", None) + _FIRST)
        does, undoes = (
            f"def {way}():\n    {what}\n" for way, what in zip(("upgrade", "downgrade"), change, strict=True)
        )
        (versions / "second.py").write_text(_HEAD.format("0002", "0001") + _WORDS + does + undoes)
        made.append(Migrated(f"sqlite:///{tmp_path / 'toy.db'}", str(versions.parent)))
        made[-1].up("0001")
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("name", GOOD)
def test_what_adds_is_let_through(name: str, toy: Callable[[tuple[str, str]], Migrated]) -> None:
    expands(toy(GOOD[name]), "0001", "0002")


@pytest.mark.parametrize("name", BAD)
def test_what_takes_away_is_found_out(name: str, toy: Callable[[tuple[str, str]], Migrated]) -> None:
    with pytest.raises(Contracts):
        expands(toy(BAD[name]), "0001", "0002")
