"""Who may do what to whom."""

from typing import Literal

from shared.problems import Conflict, Forbidden

Role = Literal["user", "moderator", "admin"]
Scope = Literal["read", "write", "admin"]
RegistrationPolicy = Literal["open", "invite", "closed"]
_RANK = {"user": 0, "moderator": 1, "admin": 2}


def lower_role(one: str, other: str) -> str:
    """The one that may do less."""
    return min(one, other, key=lambda role: _RANK.get(role, 0))


def may_give_roles(actor_role: str) -> None:
    """Roles are the admins' to give."""
    if actor_role != "admin":
        raise Forbidden(detail="Only an admin may do this.")


def may_invite(actor_role: str) -> None:
    """So are invitations to register."""
    may_give_roles(actor_role)


def may_ban_anybody(actor_role: str) -> None:
    """Bans are for moderators and admins."""
    if _RANK[actor_role] == 0:
        raise Forbidden(detail="Only a moderator or an admin may do this.")


def may_ban(actor_role: str, target_role: str) -> None:
    """Never against an equal or a superior."""
    if _RANK[target_role] >= _RANK[actor_role]:
        raise Forbidden(detail="This person's role is not below yours.")


def leaves_an_admin(role_now: str, admins: int) -> None:
    """The house keeps one admin, or nobody could ever make another."""
    if role_now == "admin" and admins <= 1:
        raise Conflict("last_admin", "This is the last admin; make another one first.")


def may_register(policy: RegistrationPolicy, invited: bool) -> None:
    """Whether somebody new may come, with an invitation that is good now or without."""
    if policy == "closed":
        raise Forbidden("registration_closed", "Nobody can register here.")
    if policy == "invite" and not invited:
        raise Forbidden("invite_required", "Registering takes an invitation that is good now.")
