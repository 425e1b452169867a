"""Every test of the repository may use the kit's fixtures."""

pytest_plugins = ["shared.testing.plugin"]
