"""The doctor: looks at a run, wherever it runs, and names what is wrong in plain words with what to do about it."""
