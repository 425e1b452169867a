"""The two base models of the HTTP interface."""

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """What a client sends: an unknown field is refused, so that nobody sets `role` by trying."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AnswerModel(BaseModel):
    """What a client gets; made from a row, a mapping or another object."""

    model_config = ConfigDict(from_attributes=True, frozen=True, hide_input_in_errors=True)
