"""Finds many words in one pass over a text (Aho-Corasick)."""

from collections.abc import Mapping
from typing import Any

import ahocorasick


def automaton(words: Mapping[str, Any]) -> ahocorasick.Automaton | None:
    """Its `iter(text)` gives the last position and the value of every word in the text; None without words."""
    if not words:
        return None
    made = ahocorasick.Automaton()
    for word, value in words.items():
        made.add_word(word, value)
    made.make_automaton()
    return made
