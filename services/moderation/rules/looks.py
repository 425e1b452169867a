"""What each rule sees in a text: the spans that it is about, or None when it does not apply. Linear, all of them."""

import re
from collections.abc import Collection

from services.moderation.rules.schemas import Invitations, Links, Mentions, Shouting

Span = tuple[int, int]

# Each part stops at the first character that does not fit or is bounded, so nothing is read twice.
_LINK = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)[^\s<>\"]+"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}(?:com|org|net|io|gg|me|info|biz|xyz|top|ru|cn|de|uk|co|app|dev|link|site"
    r"|online|shop|club|live|ly|tk)(?![\w.-]*@)(?:/[^\s<>\"]*|\b)",
    re.IGNORECASE,
)
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]{0,128}@)?([a-z0-9.-]+)", re.IGNORECASE)
_INVITATION = re.compile(
    r"\b(?:https?://)?(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite|t\.me|telegram\.me|chat\.whatsapp\.com"
    r"|join\.slack\.com|matrix\.to|join\.skype\.com|signal\.group|invite\.viber\.com)/[^\s<>\"]+"
    r"|\binvite(?:[ :=/]|\s?code\s?){1,3}[A-Za-z0-9_-]{16,64}",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_.-]{1,32})")


def links(rule: Links, text: str) -> list[Span] | None:
    """The addresses that are not of an allowed domain."""
    if "." not in text and "://" not in text:
        return None
    return [match.span() for match in _LINK.finditer(text) if not _allowed(match.group(), rule.allowed)] or None


def has_link(text: str) -> bool:
    """Whether there is an address at all."""
    return _LINK.search(text) is not None


def invitations(_: Invitations, text: str) -> list[Span] | None:
    """The invitations."""
    return [match.span() for match in _INVITATION.finditer(text)] or None


def shouting(rule: Shouting, text: str) -> list[Span] | None:
    """The whole text, when most of its letters are capitals."""
    capitals = sum(char.isupper() for char in text)
    letters = capitals + sum(char.islower() for char in text)
    if letters < rule.letters or 100 * capitals < rule.percent * letters:
        return None
    return [(0, len(text))]


def mentions(rule: Mentions, text: str) -> list[Span] | None:
    """Nothing to mask, but too many people."""
    named = {name.lower().rstrip(".-") for name in _MENTION.findall(text)}
    return [] if len(named) > rule.most else None


def _allowed(link: str, domains: Collection[str]) -> bool:
    host = _HOST.match(link)
    name = host[1].lower().removeprefix("www.").rstrip(".") if host else ""
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)
