"""The gateway: the only process clients see. HTTP is passed to the services, sockets are its own (realtime/)."""

VERSION = "0.1.0"
