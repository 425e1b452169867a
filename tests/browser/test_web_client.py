"""The web client in a real browser, against everything that `make run` starts."""

from playwright.async_api import expect

from tests.browser.visitor import PATIENCE, Visitor
from tests.system.parley import Parley
from tests.system.person import PASSWORD

HOSTILE = """<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> {{1}} &lt;b&gt; ${1}"""


async def both_in(anna: Visitor, ben: Visitor) -> str:
    """Two people in one room; its name."""
    await anna.register()
    room = await anna.create_room()
    await ben.register()
    await ben.enter(room)
    return room


async def test_two_people_talk(anna: Visitor, ben: Visitor) -> None:
    room = await both_in(anna, ben)
    await anna.say("hello")
    await ben.reads(f"{anna.username}hello")
    await ben.page.focus("#text")
    await ben.page.keyboard.type("h")
    await anna.sees("#typing", "somebody is typing …")
    await ben.say("hi 👋🏽")
    said = [f"{anna.username}hello", f"{ben.username}hi 👋🏽"]
    await anna.reads(*said)
    await ben.reads(*said)
    await ben.enter(room)
    await ben.reads(*said)
    assert anna.errors == ben.errors == []


async def test_the_gateway_is_killed_and_nothing_is_lost_or_doubled(
    anna: Visitor, ben: Visitor, parley: Parley
) -> None:
    await both_in(anna, ben)
    await anna.say("0")
    await ben.reads(f"{anna.username}0")
    for number in range(1, 4):
        parley.kill("gateway")
        await anna.say(f"{number}")
        said = [f"{anna.username}{n}" for n in range(number + 1)]
        await anna.reads(*said)
        await ben.reads(*said)
    await expect(anna.page.locator("#messages .pending")).to_have_count(0, timeout=PATIENCE)


async def test_what_people_write_is_never_a_page(anna: Visitor, ben: Visitor) -> None:
    await both_in(anna, ben)
    await anna.say(HOSTILE)
    await ben.reads(f"{anna.username}{HOSTILE}")
    assert await ben.page.locator("#messages :is(img, script)").count() == 0
    assert await ben.page.title() == "Parley"
    allowed = await ben.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'owned'";
            document.body.append(script);
            return document.title !== "Parley";
        }"""
    )
    assert allowed is False, "the page's policy lets no script in that is not its own file"
    assert ben.errors != [], "and the console says so"


async def test_the_door(anna: Visitor) -> None:
    await anna.page.fill("#username", anna.username)
    await anna.page.fill("#password", "wrong password here")
    await anna.page.click("#login")
    await expect(anna.page.locator("#door .error")).not_to_be_empty(timeout=PATIENCE)
    await anna.register()
    await anna.create_room()
    await anna.page.reload()
    await anna.sees("#me", anna.username)
    await anna.page.click("#logout")
    await expect(anna.page.locator("#door")).to_be_visible(timeout=PATIENCE)
    await anna.page.reload()
    await expect(anna.page.locator("#door")).to_be_visible(timeout=PATIENCE)
    await anna.page.fill("#username", anna.username)
    await anna.page.fill("#password", PASSWORD)
    await anna.page.click("#login")
    await anna.sees("#me", anna.username)
    assert not [url for url in anna.urls if PASSWORD in url or "eyJ" in url], (
        "no password and no access token in any URL"
    )


async def test_the_documents_are_there_to_read(anna: Visitor, base: str) -> None:
    await anna.page.goto(f"{base}/docs")
    await expect(anna.page.locator("body")).to_contain_text("/api/v1/rooms", timeout=PATIENCE)
    assert anna.errors == []
    elsewhere = [url for url in anna.urls if not url.startswith((base, "data:"))]
    assert elsewhere == [], "a page of Parley's fetches nothing from anywhere else"
