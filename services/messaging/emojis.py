"""Emoji in one form: what is one picture on the screen is one reaction, however it was typed."""

from functools import lru_cache

import emoji

from shared.problems import Invalid

_LONGEST = 64


@lru_cache(maxsize=4096)
def canonical_emoji(text: str) -> str:
    """The emoji in its fully qualified form, from itself or from its `:shortcode:`.

    Joined sequences, skin tones and flags count as the one picture they are. Raises Invalid for anything else.
    """
    if len(text) <= _LONGEST:
        if text.startswith(":") and text.endswith(":"):
            text = emoji.emojize(text.lower(), language="alias")
        if emoji.is_emoji(text):
            return emoji.emojize(emoji.demojize(text))
    raise Invalid("invalid_emoji", "A reaction is one emoji or its :shortcode:.")
