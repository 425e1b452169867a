"""How well and how fast the word matcher works, beside better-profanity: `python -m bench.moderation`."""
