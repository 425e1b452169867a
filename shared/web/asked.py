"""What a function asks of a request, worked out once from FastAPI's description of it, and fetched for each request."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi._compat import ModelField, field_annotation_is_scalar, get_missing_field_error
from fastapi.dependencies.models import Dependant
from fastapi.params import Param
from starlette.requests import Request

Errors = list[Any]
_REQUIRED = object()
# A default of any other kind would have to be copied for each request.
_PLAIN = (str, int, float, type(None))


@dataclass(frozen=True, slots=True)
class Asked:
    """A function with its values from the path and the query, and those that other such functions give."""

    call: Callable[..., Awaitable[Any]]
    name: str | None
    dependencies: "tuple[Asked, ...]"
    values: "tuple[_Value, ...]"
    request: str | None

    async def fetch(
        self, request: Request, path: Mapping[str, str], query: Mapping[str, str], errors: Errors
    ) -> dict[str, Any]:
        """The arguments to call it with; what is wrong with the request is added to `errors`."""
        arguments: dict[str, Any] = {}
        for dependency in self.dependencies:
            known = len(errors)
            given = await dependency.fetch(request, path, query, errors)
            if len(errors) > known:
                continue
            value = await dependency.call(**given)
            if dependency.name is not None:
                arguments[dependency.name] = value
        for each in self.values:
            arguments[each.name] = each.fetch(path if each.loc[0] == "path" else query, errors)
        if self.request is not None:
            arguments[self.request] = request
        return arguments


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of the path or the query."""

    name: str
    loc: tuple[str, str]
    field: ModelField
    default: Any

    def fetch(self, given: Mapping[str, str], errors: Errors) -> Any:
        text = given.get(self.loc[1])
        if text is not None:
            value, wrong = self.field.validate(text, loc=self.loc)
            errors += wrong
            return value
        if self.default is _REQUIRED:
            errors.append(get_missing_field_error(loc=self.loc))
        return self.default


def asked(dependant: Dependant) -> Asked | None:
    """What is asked for; None when it is anything else than a path, a query and dependencies on these have."""
    fields = [*dependant.path_params, *dependant.query_params]
    values = [_value(field) for field in fields]
    dependencies = [asked(each) for each in dependant.dependencies]
    if _asks_for_more(dependant) or None in values or None in dependencies or dependant.call is None:
        return None
    return Asked(
        dependant.call,
        dependant.name,
        tuple(each for each in dependencies if each),
        tuple(each for each in values if each),
        dependant.request_param_name,
    )


def _value(field: ModelField) -> _Value | None:
    info = field.field_info
    default = _REQUIRED if info.is_required() else info.default
    plain = default is _REQUIRED or (isinstance(default, _PLAIN) and info.default_factory is None)
    if not isinstance(info, Param) or not field_annotation_is_scalar(info.annotation) or not plain:
        return None
    if field.validation_alias not in (None, field.alias) or info.validate_default:
        return None
    return _Value(field.name, (info.in_.value, field.alias), field, default)


def _asks_for_more(dependant: Dependant) -> bool:
    return not inspect.iscoroutinefunction(dependant.call) or any(
        (
            dependant.header_params,
            dependant.cookie_params,
            dependant.body_params,
            dependant.websocket_param_name,
            dependant.http_connection_param_name,
            dependant.response_param_name,
            dependant.background_tasks_param_name,
            dependant.security_scopes_param_name,
            dependant.concurrency,
        )
    )
