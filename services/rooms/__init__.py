"""The rooms service: rooms, members, room roles, invitations, direct rooms and expiry. README.md says the rest."""

__version__ = "0.1.0"
