"""Finds the route of a path: the table of routing.py as a tree of path segments."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.types import Scope

from services.gateway.routing import API, ROUTES, Route
from shared.problems import NotFound, Problem


@dataclass(slots=True)
class _Node:
    fixed: "dict[str, _Node]" = field(default_factory=dict)
    variable: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class RouteTable:
    """The table as a tree of path segments: a fixed segment goes before a variable one."""

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        self._root = _Node()
        for route in routes:
            self._place(route)

    def find(self, scope: Scope) -> tuple[Route, tuple[str, ...]]:
        """The route of a request and the parameters in its path; NotFound, or 405 with the methods it would take.

        HEAD is GET without the content: which the server leaves out, and `relay_stream` does not fetch.
        """
        path: str = scope["path"]
        found = None if _is_tricky(scope["raw_path"]) else _descend(self._root, path[len(API) :].split("/")[1:], ())
        if found is None:
            raise NotFound("There is no such path.")
        node, params = found
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if route := node.routes.get(method):
            return route, params
        allow = ", ".join(sorted(node.routes.keys() | ({"HEAD"} if "GET" in node.routes else set())))
        raise Problem(405, "method_not_allowed", f"This path takes {allow}.", headers={"Allow": allow})

    def _place(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.fixed.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.path}")
        node.routes[route.method] = route


def _descend(node: _Node, segments: list[str], params: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
    if not segments:
        return (node, params) if node.routes else None
    first, rest = segments[0], segments[1:]
    fixed = node.fixed.get(first)
    if fixed is not None and (found := _descend(fixed, rest, params)):
        return found
    if node.variable is not None and first not in ("", ".", ".."):
        return _descend(node.variable, rest, (*params, first))
    return None


def _is_tricky(raw_path: bytes) -> bool:
    # An escaped separator is one path to us and perhaps another to whoever decodes it next.
    return b"%" in raw_path and any(each in raw_path.lower() for each in (b"%2f", b"%5c", b"%25"))
