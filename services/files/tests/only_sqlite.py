"""`pytestmark = ONLY_SQLITE`: for modules whose subject has nothing to do with the database."""

import pytest

ONLY_SQLITE = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
