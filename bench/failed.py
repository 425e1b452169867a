"""Why a run ends early."""


class Failed(Exception):
    """In one sentence for the person at the terminal."""
