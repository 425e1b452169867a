"""Python loads this by itself when its folder is on PYTHONPATH: a service starts where PARLEY_RELEASES says.

That file has a folder by the name of the service; who is not in it starts from where everybody does. A release may be
older than secrets in files: it gets them in its environment.
"""

import json
import os
import sys
from pathlib import Path

if os.environ.get("PARLEY_RELEASES"):
    homes = json.loads(Path(os.environ["PARLEY_RELEASES"]).read_text())
    for argument in sys.orig_argv[1:3]:
        if argument.startswith("services.") and argument[9:] in homes:
            for secret in Path(os.environ["SECRETS_DIR"]).iterdir():
                os.environ.setdefault(secret.name.upper(), secret.read_text())
            os.chdir(homes[argument[9:]])  # `python -m` looks for modules here, and only looks after this
