"""What can be done, one use case a file. Only these record events."""
