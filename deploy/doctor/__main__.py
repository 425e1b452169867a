"""`python -m deploy.doctor`: one line for each thing it looked at, and what to do about what is wrong.

Status 0 when nothing is, else 1. VAR_DIR and *_DATABASE_URL are read as the local run reads them; a run that is put
together otherwise says where it is by AUTH_URL, ROOMS_URL, MESSAGING_URL, MODERATION_URL, FILES_URL, GATEWAY_URL
and NATS_URL. Changes nothing.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from deploy.doctor.broker import broker
from deploy.doctor.databases import clocks, dead_letters, epoch, migrations
from deploy.doctor.machine import data_folder, open_files, python, secrets
from deploy.doctor.patient import Finding, Patient
from deploy.doctor.services import lags, services

Check = Callable[[Patient], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    python,
    open_files,
    data_folder,
    secrets,
    broker,
    migrations,
    epoch,
    clocks,
    dead_letters,
    services,
    lags,
)


def examine(patient: Patient) -> list[Finding]:
    """What every check finds, in their order; a check that breaks down is a finding as well."""
    with ThreadPoolExecutor(len(CHECKS)) as threads:
        return [finding for found in threads.map(lambda check: _found(check, patient), CHECKS) for finding in found]


def _found(check: Check, patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except Exception as error:
        says = f"could not be looked at: {type(error).__name__}: {error}"
        return [Finding(check.__name__.replace("_", " "), says, "This is a mistake of the doctor's; please report it.")]


def main() -> int:
    """The exit status."""
    findings = examine(Patient.told())
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        print(f"{'WRONG' if finding.advice else 'ok':5}  {finding.about:<{width}}  {finding.says}")
        if finding.advice:
            print(f"       {'':<{width}}  → {finding.advice}")
    wrong = sum(bool(finding.advice) for finding in findings)
    print(f"\n{wrong} of {len(findings)} are wrong." if wrong else f"\nAll {len(findings)} are well.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
