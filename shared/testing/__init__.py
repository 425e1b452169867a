"""Real servers and small helps for the tests of services."""
