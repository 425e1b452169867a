"""What stands between the socket and a route: limits, request ids, strict JSON, headers."""
