"""Benchmarks: what a message and a delivery cost, beside two peers, in one run. README.md says how to read them."""
