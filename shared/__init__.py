"""The kit every service is built from; it knows nothing of chat."""
