"""`python -m services.auth [serve|migrate|contract|create-admin|rotate-keys|revoke-user]`."""

from services.auth.app import create_app
from services.auth.commands import create_admin_command, revoke_user_command, rotate_keys_command
from services.auth.events import PUBLISHED
from services.auth.settings import Settings
from shared.main import service_main

if __name__ == "__main__":
    service_main(
        "auth",
        Settings,
        create_app,
        migrations="services.auth:migrations",
        commands={
            "create-admin": create_admin_command,
            "rotate-keys": rotate_keys_command,
            "revoke-user": revoke_user_command,
        },
        events=PUBLISHED,
    )
