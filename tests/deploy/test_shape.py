"""What the containers may do, what can be reached, and where secrets are not."""

from typing import Any

from deploy.nats.permissions import PRODUCERS
from tests.deploy.guarded import guarded
from tests.deploy.stack import Stack
from tests.faults.arena import SERVICES


def test_every_container_may_do_as_little_as_it_needs(stack: Stack) -> None:
    for container in stack.containers():
        guarded(container)


def test_only_the_gateway_is_published(stack: Stack) -> None:
    published = {
        container.labels["com.docker.compose.service"]
        for container in stack.containers()
        if any(container.attrs["NetworkSettings"]["Ports"].values())
    }
    assert published == {"gateway"}


def test_no_secret_is_in_an_image_an_environment_or_a_command(stack: Stack) -> None:
    secrets = {path.name: path.read_text().strip() for path in stack.secrets.iterdir()}
    assert len(set(secrets.values())) == len(secrets) > 20
    for container in stack.containers():
        shown = str({name: container.attrs[name] for name in ("Config", "Args", "Path")}) + str(container.image.attrs)
        assert [name for name, value in secrets.items() if value in shown] == [], container.name


def test_no_secret_is_in_a_log(stack: Stack) -> None:
    logs = stack.logs()
    values = {path.name: path.read_text().strip() for path in stack.secrets.iterdir()}
    assert "listening" in logs
    assert [name for name, value in values.items() if value in logs] == []


def test_a_database_is_for_its_own_service(stack: Stack) -> None:
    postgres = stack.container("postgres")
    for role in PRODUCERS:
        password = (stack.secrets / f"{role}_database_password").read_text()
        for database in (*PRODUCERS, "postgres"):
            command = ["psql", "-h", "127.0.0.1", "-U", role, "-d", database, "-Atc", "SELECT current_user"]
            status, said = postgres.exec_run(command, environment={"PGPASSWORD": password})
            assert (status == 0) == (role == database), (role, database, said)
            assert status == 0 or b"permission denied for database" in said


def test_an_image_has_its_own_service_and_nothing_that_developing_needs(stack: Stack, figures: list[str]) -> None:
    look = (
        "import pathlib, importlib.util as u; print(sorted(p.name for p in pathlib.Path('/app/services').iterdir()),"
        "[n for n in ('pip', 'pytest', 'deploy', 'tests', 'shared.testing') if u.find_spec(n)])"
    )
    for service in SERVICES:
        status, said = stack.container(service).exec_run(["python", "-c", look])
        assert (status, said.decode().strip()) == (0, f"['{service}'] []")
        size = stack.container(service).image.attrs["Size"]
        figures.append(
            f"image of {service:<19} {size / 1e6:5.0f} MB, of it {_own(stack, service) / 1e6:4.0f} MB its own"
        )


def _own(stack: Stack, service: str) -> int:
    """Without the layers of the base image, in bytes."""
    image: Any = stack.container(service).image
    base: int = stack.client.images.get("python:3.13-slim").attrs["Size"]
    size: int = image.attrs["Size"]
    return size - base
