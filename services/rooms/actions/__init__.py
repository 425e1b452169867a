"""What can be done with rooms: one use case a file. Only here are events recorded."""
