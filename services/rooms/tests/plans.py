"""What the databases say of how they answered a query: the steps of the plan, and how many rows each looked at."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

from shared.database import Database, ReadSession

_TABLES = "rooms|members|users|direct_rooms|invites|bans|blocks"


@dataclass
class Plan:
    """`steps` in the database's words, `scans` of a whole table among them, and the most `rows` that a step looked at.

    SQLite counts no rows: there it is the instructions of its machine, divided by what a row costs at least.
    """

    steps: list[str] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)
    rows: int = 0


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(_Explain)
def _(element: _Explain, compiler: Any, **options: Any) -> str:
    how = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, FORMAT JSON)"
    return f"{how} {compiler.process(element.statement, **options)}"


class _Explaining(ReadSession):
    """Answers with what the statement brings, and keeps how."""

    def __init__(self, tx: ReadSession, plan: Plan) -> None:
        super().__init__(tx._connection)
        self._plan = plan

    def execute(self, statement: Any, params: Any = None) -> Any:
        # From the driver's own cursor: the columns are not those of the statement.
        explained: Any = self._connection.execute(_Explain(statement), params).cursor
        rows = explained.fetchall()
        if self.dialect == "sqlite":
            steps = [str(row[-1]) for row in rows]
            self._plan.steps += steps
            self._plan.scans += [step for step in steps if re.match(rf"SCAN ({_TABLES})\b", step)]
        else:
            for node in _nodes(rows[0][0][0]["Plan"]):
                self._add(node)
        return super().execute(statement, params)

    def _add(self, node: dict[str, Any]) -> None:
        kind = node["Node Type"]
        self._plan.steps.append(f"{kind} {node.get('Index Name', node.get('Relation Name', ''))}".strip())
        if kind == "Seq Scan":
            self._plan.scans.append(self._plan.steps[-1])
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        self._plan.rows = max(self._plan.rows, round(looked_at * node["Actual Loops"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


async def explained(db: Database, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Plan:
    """How this query is answered."""
    plan = Plan()

    def ask(tx: ReadSession) -> None:
        query(_Explaining(tx, plan), *args, **kwargs)
        if tx.dialect == "sqlite":
            plan.rows = _instructions(tx, lambda: query(tx, *args, **kwargs)) // 10

    await db.read(ask)
    return plan


def _instructions(tx: ReadSession, work: Callable[[], Any]) -> int:
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    connection: Any = tx._connection.connection.dbapi_connection
    connection.set_progress_handler(count, 100)
    work()
    connection.set_progress_handler(None, 0)
    return hundreds * 100
