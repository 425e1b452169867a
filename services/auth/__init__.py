"""The auth service: accounts, passwords, sessions, tokens, tickets and bans. README.md says the rest."""

__version__ = "0.1.0"
