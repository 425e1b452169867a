"""Where secrets are not: in the repository (S184), and in the environment or command of a running process (S185)."""

import json
import os
import re
from pathlib import Path

from tests.system.parley import ROOT, Parley

# What the big providers' keys, private keys and our own tokens look like, and assignments of what looks random.
_PATTERNS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}",
    "an AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{50}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a Stripe key": r"\b[rs]k_live_[0-9A-Za-z]{20,}",
    "an API key": r"\bsk-[A-Za-z0-9_-]{32,}",
    "a JWT": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "a token of ours": r"\bparley_[A-Za-z0-9]{20,}_?[A-Za-z0-9]{20,}",
    "a random value": r"(?i)(?:secret|password|passwd|token|api_?key)\w*[\"']?\s*[:=]\s*[\"']"
    r"(?=[^\"']*[0-9])(?=[^\"']*[a-f])[0-9a-f]{32,}[\"']",
    "a password in a URL": r"\b[a-z]+://[^\s/:@\"'`{}<>$]+:[^\s/:@\"'`{}<>$]+@(?!127\.0\.0\.1)[a-z0-9-]+\.[a-z0-9.-]+",
}
_NOT_OURS = {".git", ".venv", ".hypothesis", "__pycache__", "var", "build", "dist", "node_modules"}
_SEARCH = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
# Written by hand for tests and examples: none of them opens anything.
_EXAMPLES = {"0123456789abcdef0123456789abcdef"}


def secrets_in(text: str) -> list[str]:
    """What kinds of secrets the text has."""
    return [
        name
        for name, pattern in _SEARCH.items()
        for found in pattern.finditer(text)
        if not any(example in found[0] for example in _EXAMPLES)
    ]


def test_a_secret_would_be_found() -> None:
    a_key, hexadecimal = "A" * 16, "0f9c" * 8
    for text in (
        f"-----BEGIN PRIVATE KEY-----\n{a_key}",
        f"AKIA{a_key}",
        "ghp_" + "a1B2" * 9,
        f"password = '{hexadecimal}'",
        f'"secret_key": "{hexadecimal}"',
        "postgresql://parley:" + "hunter2@database.example.org/auth",
        ".".join(("eyJ" + "a" * 20, "eyJ" + "b" * 20, "c" * 30)),
    ):
        assert secrets_in(f"x {text} y"), text
    assert not secrets_in("password: str, secret = settings.secret_key, token='' # a token=abc")


def test_the_repository_holds_no_secret() -> None:
    found, looked_at = [], 0
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if name not in _NOT_OURS and not name.endswith("_cache")]
        for path in (Path(folder, name) for name in names):
            if path.is_file() and path.stat().st_size < 2_000_000:
                looked_at += 1
                found += [f"{path.relative_to(ROOT)}: {kind}" for kind in secrets_in(path.read_text(errors="ignore"))]
    assert found == []
    assert looked_at > 500


def secrets_of(parley: Parley) -> set[str]:
    """Everything that this run has to keep to itself."""
    made = json.loads((parley.var / "secrets.json").read_text())
    return {
        made["secret_key"],
        made["admin_password"],
        *made["caller_secrets"].values(),
        *made["nats_passwords"].values(),
    }


def test_no_process_shows_a_secret(parley: Parley) -> None:
    secrets = secrets_of(parley)
    assert len(secrets) == 13
    shown = []
    for name, pid in parley.pids().items():
        for what in ("environ", "cmdline"):
            text = Path(f"/proc/{pid}/{what}").read_bytes().decode(errors="replace")
            assert text, f"{what} of {name} can be read"
            shown += [f"{name}: {what}" for secret in secrets if secret in text]
    assert shown == []
    for path in (parley.var / "secrets").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"{path} is the owner's alone"
