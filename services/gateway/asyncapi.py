"""The AsyncAPI document: the frames of the sockets, and the events that services tell each other over NATS."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, Final, get_args

import msgspec

from services.gateway import VERSION
from services.gateway.realtime.frames import ClientFrame
from services.gateway.server_frames import SERVER_FRAMES
from shared.contract import dedented

_SOCKETS: Final = {
    "room": ("/ws/{room_id}", "One room the user is a member of"),
    "direct": ("/ws/dm/{user_id}", "The direct room with that user"),
    "rooms": ("/ws", "No room yet: one socket for many, by `subscribe`"),
}


def asyncapi(events: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The document; `events` are the committed schemas of each service by event type."""
    said, heard = get_args(ClientFrame), SERVER_FRAMES
    schemas, components = msgspec.json.schema_components((*said, *heard), ref_template="#/components/schemas/{name}")
    messages = {**_messages("client", said, schemas), **_messages("server", heard, schemas[len(said) :])}
    told = {f"{service}.{name}": schema for service, types in events.items() for name, schema in types.items()}
    for name, schema in told.items():
        messages[name] = {"name": name, "payload": schema, "title": schema.get("title", name)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Parley: frames and events", "version": VERSION},
        "channels": {
            **{name: _socket(address, title, messages) for name, (address, title) in _SOCKETS.items()},
            **{name: _event_channel(name) for name in told},
        },
        "operations": {
            **{f"{name}.client": _operation(name, "client", messages) for name in _SOCKETS},
            **{f"{name}.server": _operation(name, "server", messages) for name in _SOCKETS},
            **{name: {"action": "send", "channel": {"$ref": f"#/channels/{name}"}} for name in told},
        },
        "components": {"messages": messages, "schemas": dedented(components)},
    }


def _messages(side: str, types: Iterable[type[msgspec.Struct]], schemas: Iterable[Any]) -> dict[str, Any]:
    messages = {}
    for type_, schema in zip(types, schemas, strict=False):
        tag = type_.__struct_config__.tag
        messages[f"{side}.{tag}"] = {"name": tag, "summary": cleandoc(type_.__doc__ or ""), "payload": schema}
    return messages


def _socket(address: str, title: str, messages: Iterable[str]) -> dict[str, Any]:
    names = [name for name in messages if name.startswith(("client.", "server."))]
    channel: dict[str, Any] = {"address": address, "title": title, "messages": _references(names)}
    if "{" in address:
        channel["parameters"] = {address.partition("{")[2].rstrip("}"): {"description": "a UUID"}}
    return channel


def _event_channel(name: str) -> dict[str, Any]:
    service, thing, happened = name.split(".")
    address, parameters = f"{service}.{thing}.{{id}}.{happened}", {"id": {"description": f"of the {thing}"}}
    return {"address": address, "parameters": parameters, "messages": _references([name])}


def _operation(channel: str, side: str, messages: Iterable[str]) -> dict[str, Any]:
    """Seen from the server, as AsyncAPI is: it receives what clients send."""
    names = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages if name.startswith(f"{side}.")]
    action = "receive" if side == "client" else "send"
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": names}


def _references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}
