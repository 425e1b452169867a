"""Python loads this by itself when its folder is on PYTHONPATH: it breaks what PARLEY_MUTANT names."""

import os

if os.environ.get("PARLEY_MUTANT"):
    from tests.faults.mutants.breaking import install

    install(os.environ["PARLEY_MUTANT"])
