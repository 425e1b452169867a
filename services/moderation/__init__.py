"""The moderation service: restrictions, words, rules, reports, the audit log, and the review of every text."""

__version__ = "0.1.0"
