"""The kit every service is built from; it knows nothing of chat."""

# Before anything else imports the libraries that this keeps small.
from shared import lean as lean
