"""The word matcher: lists of words in, spans of a text out, however the words are disguised. No I/O, linear time."""
