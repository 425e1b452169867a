"""Reading what other services ask: a request of the wrong form is answered, never an exception of ours."""

from typing import Any, TypeVar

import msgspec

from shared.problems import Invalid

_T = TypeVar("_T")


def convert(request: Any, form: type[_T]) -> _T:
    """The request in this form; Invalid when it doesn't have it."""
    try:
        return msgspec.convert(request, form)
    except msgspec.ValidationError as error:
        raise Invalid("invalid_request", f"The request does not have the expected form: {error}.") from None
