"""What takes minutes: collected by `make faults` alone."""

import os

collect_ignore_glob = [] if os.environ.get("PARLEY_LONG_TESTS") else ["test_*.py"]
