"""The services: alive, ready, their clocks like ours, and not behind with what they tell or follow."""

import http.client
import json
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from deploy.doctor.patient import EVERYBODY, Finding, Patient

_SECONDS = 4.0
_MOST_SKEW = 5.0
_MOST_LAG = 1_000
_LAG = re.compile(r"^(parley_(?:outbox|inbox)_lag)\{([^}]*)\} ([0-9.e+]+)$", re.MULTILINE)


def services(patient: Patient) -> Iterator[Finding]:
    """Each is up, is the one we think it is, and says that it is ready."""
    for name in EVERYBODY:
        if name not in patient.urls:
            yield Finding(name, "nobody said where it is", f"Start Parley, or set {name.upper()}_URL.")
            continue
        yield from _one(name, patient.urls[name])


def lags(patient: Patient) -> Iterator[Finding]:
    """Events that wait: `outbox` to be confirmed by NATS, `inbox` to be applied."""
    for name in EVERYBODY:
        try:
            _, _, text = _get(patient.urls.get(name, ""), "/metrics")
        except (OSError, ValueError, http.client.HTTPException):
            continue
        for metric, labels, number in _LAG.findall(text):
            yield Finding(*_lag(metric, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(number)))


def _one(name: str, url: str) -> Iterator[Finding]:
    try:
        status, date, body = _get(url, "/readyz")
        told = json.loads(body)
        if told.get("service") != name:
            raise ValueError("something else listens there")
    except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
        says = f"does not answer at {url} ({error or type(error).__name__})"
        yield Finding(name, says, f"Is the process there? Its log says why it ended; start {name} again.")
        return
    wrong = [f"{check}: {said}" for check, said in told["checks"].items() if said != "ok"]
    advice = "It waits for what is named here and goes on by itself once that is back." if wrong else ""
    yield Finding(name, "; ".join(wrong) or f"{told['version']} is ready", advice if status != 200 else "")
    skew = abs(time.time() - parsedate_to_datetime(date).timestamp()) if date else 0.0
    if skew > _MOST_SKEW:
        yield Finding(f"clock of {name}", f"{skew:.0f} s apart", "Let its machine follow a time server (NTP).")


def _lag(metric: str, labels: dict[str, str], number: float) -> tuple[str, str, str]:
    if metric == "parley_outbox_lag":
        advice = "NATS does not confirm: see `nats` above. Nothing is lost, others hear of it later."
        return f"outbox of {labels['service']}", f"{number:.0f} waiting", advice if number > _MOST_LAG else ""
    about = f"{labels['service']} following {labels['producer']}"
    advice = "It is behind: its log says what it waits for; see its dead letters and the load of its database."
    return about, f"{number:.0f} behind", advice if number > _MOST_LAG else ""


def _get(url: str, path: str) -> tuple[int, str, str]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Date", ""), answer.read().decode(errors="replace")
    finally:
        connection.close()
