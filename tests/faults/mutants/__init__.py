"""A fault test that has never failed proves nothing: each protection is taken away once, and must be missed."""
