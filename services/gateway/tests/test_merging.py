"""One document of several: schemas that clash are told apart, those that agree are shared."""

from typing import Any

from services.gateway.merging import merged

REF = "#/components/schemas/"


def document(path: str, schemas: dict[str, Any], ref: str, **operation: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REF + ref}}}
    operation |= {"responses": {"200": {"content": content}}}
    return {"paths": {path: {"get": operation}}, "components": {"schemas": schemas}}


def ref_of(whole: dict[str, Any], path: str) -> str:
    found: str = whole["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    return found.removeprefix(REF)


def test_equal_schemas_are_shared_and_different_ones_told_apart() -> None:
    problem = {"type": "object"}
    a = document("/a", {"Problem": problem, "Member": {"title": "a"}}, "Member")
    b = document("/b", {"Problem": problem, "Member": {"title": "b"}}, "Member")
    whole = merged({"auth": a, "rooms": b})
    assert set(whole["components"]["schemas"]) == {"Problem", "AuthMember", "RoomsMember"}
    assert (ref_of(whole, "/a"), ref_of(whole, "/b")) == ("AuthMember", "RoomsMember")


def test_what_refers_to_different_things_is_different() -> None:
    page = {"items": {"$ref": REF + "Item"}}
    a = document("/a", {"Page": page, "Item": {"title": "a"}}, "Page")
    b = document("/b", {"Page": page, "Item": {"title": "b"}}, "Page")
    schemas = merged({"auth": a, "rooms": b})["components"]["schemas"]
    assert schemas["AuthPage"]["items"]["$ref"] == REF + "AuthItem"
    assert schemas["RoomsPage"]["items"]["$ref"] == REF + "RoomsItem"


def test_operations_of_one_path_come_together() -> None:
    a = document("/x", {}, "T", security=[{"bearer": []}])
    b: dict[str, Any] = {"paths": {"/x": {"post": {"responses": {}}}}}
    whole = merged({"auth": a, "rooms": b})
    assert set(whole["paths"]["/x"]) == {"get", "post"}
    assert whole["paths"]["/x"]["get"]["tags"] == ["auth"]
    assert whole["paths"]["/x"]["get"]["security"] == [{"bearer": []}, {"login": []}]
    assert "security" not in whole["paths"]["/x"]["post"]
