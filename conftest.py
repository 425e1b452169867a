"""Every test of the repository may use the kit's fixtures, and has its events checked against their contracts."""

pytest_plugins = ["shared.testing.plugin", "shared.testing.contract.published", "shared.testing.contract.asked"]
