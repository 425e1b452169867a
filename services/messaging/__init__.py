"""The messaging service: the timeline of every room, and all that is stored in it."""

import shared as shared  # first: shared.lean keeps libraries out that nobody here asks for
