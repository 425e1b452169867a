"""What every service's contract is held to: `ServiceContract` is the class of tests that each of them fills in."""
