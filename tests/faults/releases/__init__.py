"""Two releases side by side: which of them a service runs is chosen while people use it (F29)."""
