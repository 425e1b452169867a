"""A room's automatic rules, each off by default: what they look for in a text. No I/O."""
