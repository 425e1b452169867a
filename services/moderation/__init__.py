"""The moderation service: restrictions, words, rules, reports, the audit log, and the review of every text."""

import shared as shared  # first: shared.lean keeps libraries out that nobody here asks for

__version__ = "0.1.0"
