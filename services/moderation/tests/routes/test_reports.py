from typing import Any

import pytest

from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.tests.house import House, code_of
from services.moderation.tests.neighbours import Neighbours
from shared.caller import Caller
from shared.ids import new_id
from shared.testing.plugin import running


async def reported(house: House, message: str, *people: Caller, reason: str = "spam") -> list[dict[str, Any]]:
    return [await house.done(each, "POST", f"/messages/{message}/report", {"reason": reason}) for each in people]


async def test_a_report_keeps_the_message_as_it_was(house: House) -> None:
    ada, bob, admin = house.person(), house.person(), house.person("admin")
    room = await house.room(ada, bob)
    before = house.near.messaging.write(ada, room, "hello")
    message = house.near.messaging.write(bob, room, "buy my pills")
    path = f"/messages/{message}/report"
    made = await house.call(ada, "POST", path, {"reason": "spam", "details": "third time today"})
    assert made.status_code == 201
    report = made.json()
    assert report.keys() >= {"id", "message", "room_id", "reporter_id", "reason", "details", "status", "action"}
    assert (report["room_id"], report["reporter_id"], report["status"]) == (room, ada.user_id, "open")
    house.near.messaging.messages[message]["content"] = "never said that"
    del house.near.messaging.messages[before]
    again = await house.call(ada, "POST", path, {"reason": "abuse"})
    assert (again.status_code, again.json()) == (200, report)
    assert report["message"]["content"] == "buy my pills"
    case = await house.done(admin, "GET", f"/moderation/cases/{report['case_id']}")
    assert case["evidence"]["message"]["content"] == "buy my pills"
    assert [each["content"] for each in case["evidence"]["before"]] == ["hello"]
    assert case["author_id"] == bob.user_id


async def test_what_cannot_be_reported(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    message = house.near.messaging.write(bob, room)
    spam = {"reason": "spam"}
    assert code_of(await house.call(ada, "POST", f"/messages/{new_id()}/report", spam)) == (404, "not_found")
    assert code_of(await house.call(bob, "POST", f"/messages/{message}/report", spam)) == (422, "own_message")
    for wrong in (
        {},
        {"reason": "dull"},
        {"reason": "spam", "status": "resolved"},
        {"reason": "spam", "details": "\0"},
    ):
        answer = await house.call(ada, "POST", f"/messages/{message}/report", wrong)
        assert answer.status_code in (400, 422)
    house.near.messaging.messages[message]["deleted_at"] = "2026-11-23T03:36:00.123Z"
    assert code_of(await house.call(ada, "POST", f"/messages/{message}/report", spam)) == (404, "not_found")
    house.near.messaging.away = True
    assert code_of(await house.call(ada, "POST", f"/messages/{message}/report", spam)) == (503, "unavailable")


async def test_a_flood_of_reports_is_stopped(settings: Settings, near: Neighbours) -> None:
    async with running(create_app(settings.model_copy(update={"reports_per_hour": 2}))) as client:
        house = House(client, near)
        ada, bob = house.person(), house.person()
        room = await house.room(ada, bob)
        messages = [near.messaging.write(bob, room) for _ in range(3)]
        await reported(house, messages[0], ada)
        await reported(house, messages[1], ada)
        flood = await house.call(ada, "POST", f"/messages/{messages[2]}/report", {"reason": "spam"})
        assert code_of(flood) == (429, "rate_limited")
        assert 3590 <= int(flood.headers["retry-after"]) <= 3600
        assert (flood.headers["ratelimit-limit"], flood.headers["ratelimit-policy"]) == ("2", "2;w=3600")
        assert int(flood.headers["retry-after"]) > 0


async def test_the_reports_of_a_message_are_one_case_and_decided_together(house: House) -> None:
    bob, admin, *crowd = house.person(), house.person("admin"), *(house.person() for _ in range(3))
    room = await house.room(crowd[0], bob, *crowd[1:])
    message = house.near.messaging.write(bob, room)
    reports = await reported(house, message, *crowd)
    assert len({each["case_id"] for each in reports}) == 1
    [case] = (await house.done(admin, "GET", "/moderation/cases", status="open"))["items"]
    assert (case["reports"], case["message_id"], case["room_id"]) == (3, message, room)
    decision = {"action": "delete_message", "note": "advertising"}
    resolved = await house.call(admin, "POST", f"/messages/admin/reports/{reports[1]['id']}/resolve", decision)
    assert resolved.status_code == 200
    shown = resolved.json()
    assert (shown["status"], shown["action"], shown["resolved_by"]) == ("resolved", "delete_message", admin.user_id)
    assert shown["resolved_at"] is not None
    removed, *notices = house.near.messaging.pushed
    assert removed["type"] == "message.removed"
    assert removed["data"] == {"room_id": room, "message_id": message, "by": admin.user_id, "reason": "advertising"}
    assert [each["subject"] for each in notices] == [
        f"moderation.user.{each.user_id}.report_resolved" for each in crowd
    ]
    assert [each["data"] for each in notices] == [
        {"report_id": report["id"], "reporter_id": who.user_id, "status": "resolved", "action": "delete_message"}
        for report, who in zip(reports, crowd, strict=True)
    ]
    second = await house.call(admin, "POST", f"/messages/admin/reports/{reports[0]['id']}/resolve", decision)
    assert code_of(second) == (409, "already_resolved")
    mine = await house.done(admin, "GET", "/messages/admin/reports", reporter_id=crowd[0].user_id)
    assert [each["status"] for each in mine["items"]] == ["resolved"]
    [later] = await reported(house, message, admin)
    assert later["case_id"] != case["id"], "what is decided stays so; a later report opens the next case"


@pytest.mark.parametrize(("action", "event"), [("mute", "member.muted"), ("ban", "member.banned")])
async def test_what_was_decided_is_carried_out(house: House, action: str, event: str) -> None:
    ada, bob, admin = house.person(), house.person(), house.person("admin")
    room = await house.room(ada, bob)
    [report] = await reported(house, house.near.messaging.write(bob, room), ada)
    decision = {"action": action, "duration_seconds": 60, "note": "again"}
    await house.done(admin, "POST", f"/messages/admin/reports/{report['id']}/resolve", decision)
    assert house.near.messaging.types() == [event, "report.resolved"]
    [restriction] = (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"]
    assert (restriction["kind"], restriction["by"], restriction["reason"]) == (action, admin.user_id, "again")
    acts = (await house.done(admin, "GET", "/moderation/audit"))["items"]
    assert [(each["action"], each["target"]) for each in acts] == [
        ("report_resolved", report["message"]["id"]),
        (action, bob.user_id),
    ]


async def test_what_cannot_be_carried_out_decides_nothing(house: House) -> None:
    ada, boss, admin = house.person(), house.person("admin"), house.person("admin")
    room = await house.room(ada, boss, admin)
    [own] = await reported(house, house.near.messaging.write(admin, room), ada)
    refused = await house.call(admin, "POST", f"/messages/admin/reports/{own['id']}/resolve", {"action": "ban"})
    assert code_of(refused) == (403, "yourself")
    direct = await house.room(ada, boss, kind="direct")
    [report] = await reported(house, house.near.messaging.write(boss, room), ada)
    path = f"/messages/admin/reports/{report['id']}/resolve"
    assert code_of(await house.call(admin, "POST", path, {"action": "warn"})) == (422, "invalid")
    [other] = await reported(house, house.near.messaging.write(boss, direct), ada)
    refused = await house.call(admin, "POST", f"/messages/admin/reports/{other['id']}/resolve", {"action": "ban"})
    assert code_of(refused) == (409, "direct_room")
    nowhere = await house.call(admin, "POST", f"/messages/admin/reports/{new_id()}/resolve", {"action": "ban"})
    assert code_of(nowhere) == (404, "not_found")
    assert (await house.done(admin, "GET", "/messages/admin/reports", status="open"))["items"] == [other, report, own]
    assert house.near.messaging.pushed == []
    dismissed = await house.done(admin, "POST", path, {"action": "dismiss"})
    assert (dismissed["status"], dismissed["action"]) == ("dismissed", "dismiss")
    assert (await house.done(admin, "GET", "/messages/admin/reports", status="open", room_id=room))["items"] == [own]


async def test_in_a_direct_room_a_mute_is_one_of_the_account(house: House) -> None:
    ada, bob, admin = house.person(), house.person(), house.person("admin")
    room = await house.room(ada, bob, kind="direct")
    [report] = await reported(house, house.near.messaging.write(bob, room), ada, reason="harassment")
    await house.done(admin, "POST", f"/messages/admin/reports/{report['id']}/resolve", {"action": "mute"})
    assert house.near.messaging.types() == ["user.muted", "report.resolved"]


async def test_reports_are_for_admins_and_cases_for_the_staff(house: House) -> None:
    ada, bob, keeper, admin = house.person(), house.person(), house.person("moderator"), house.person("admin")
    room = await house.room(ada, bob)
    [report] = await reported(house, house.near.messaging.write(bob, room), ada)
    resolve = f"/messages/admin/reports/{report['id']}/resolve"
    for who in (ada, bob, keeper):
        assert code_of(await house.call(who, "GET", "/messages/admin/reports")) == (403, "not_allowed")
        assert code_of(await house.call(who, "POST", resolve, {"action": "dismiss"})) == (403, "not_allowed")
    case = f"/moderation/cases/{report['case_id']}"
    for method, path, body in (
        ("GET", "/moderation/cases", None),
        ("GET", case, None),
        ("PUT", f"{case}/assignee", {"user_id": None}),
        ("POST", f"{case}/notes", {"text": "hm"}),
    ):
        assert code_of(await house.call(ada, method, path, body)) == (403, "not_allowed")
    assigned = await house.done(keeper, "PUT", f"{case}/assignee", {"user_id": keeper.user_id})
    assert assigned["assigned_to"] == keeper.user_id
    assert (await house.done(keeper, "GET", "/moderation/cases", assigned_to=keeper.user_id))["items"] == [assigned]
    assert (await house.done(keeper, "GET", "/moderation/cases", assigned_to=admin.user_id))["items"] == []
    refused = await house.call(keeper, "PUT", f"{case}/assignee", {"user_id": ada.user_id})
    assert code_of(refused) == (422, "not_staff")
    key = {"Idempotency-Key": "a-note"}
    notes = [
        await house.call(keeper, "POST", f"{case}/notes", {"text": "looks like a bot"}, headers=key) for _ in range(2)
    ]
    assert [each.status_code for each in notes] == [201, 201]
    whole = await house.done(admin, "GET", case)
    assert [(each["by"], each["text"]) for each in whole["notes"]] == [(keeper.user_id, "looks like a bot")]
    assert code_of(await house.call(admin, "GET", f"/moderation/cases/{new_id()}")) == (404, "not_found")
    await house.done(admin, "POST", resolve, {"action": "dismiss"})
    late = await house.call(keeper, "PUT", f"{case}/assignee", {"user_id": None})
    assert code_of(late) == (409, "already_resolved")


async def test_the_summary(house: House) -> None:
    ada, eve, bob, admin = house.person(), house.person(), house.person(), house.person("admin")
    room = await house.room(ada, bob, eve)
    first, second = (house.near.messaging.write(bob, room) for _ in range(2))
    [done, _] = await reported(house, first, ada, eve)
    await reported(house, second, ada)
    await house.done(admin, "POST", f"/messages/admin/reports/{done['id']}/resolve", {"action": "mute"})
    summary = await house.done(admin, "GET", "/moderation/summary")
    ages = {"under_1_hour": 1, "under_1_day": 0, "under_1_week": 0, "older": 0}
    assert summary["open_reports"] == {"total": 1, "unassigned": 1, **ages}
    assert {(each["action"], each["count"]) for each in summary["actions"]} == {("mute", 1), ("report_resolved", 1)}
    assert summary["top_reporters"] == [
        {"user_id": ada.user_id, "reports": 2, "resolved": 1, "dismissed": 0},
        {"user_id": eve.user_id, "reports": 1, "resolved": 1, "dismissed": 0},
    ]
    assert (summary["muted"], summary["banned"]) == (1, 0)
    for who in (ada, house.person("moderator")):
        assert code_of(await house.call(who, "GET", "/moderation/summary")) == (403, "not_allowed")
