"""Compares what each service promises now with what it promised when it was last released.

One rule: what was accepted is still accepted, and what is told now could have been told before (docs/decisions/0039).
"""
