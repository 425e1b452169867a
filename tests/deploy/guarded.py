"""What a container may do, as the engine tells it."""

from typing import Any

_GIB = 1024**3


def guarded(container: Any) -> None:
    """It may do as little as it needs; one that runs is healthy, bounded and nobody's root."""
    host = container.attrs["HostConfig"]
    assert host["ReadonlyRootfs"], container.name
    assert host["CapDrop"] == ["ALL"], container.name
    assert "no-new-privileges:true" in host["SecurityOpt"], container.name
    assert not host["Privileged"], container.name
    if container.status == "running":
        assert 0 < host["Memory"] <= _GIB and host["NanoCpus"] and host["PidsLimit"], container.name
        assert container.attrs["State"]["Health"]["Status"] == "healthy", container.name
        assert _users(container).isdisjoint({"root", "0"}), container.name


def _users(container: Any) -> set[str]:
    """The users of its processes."""
    top = container.top(ps_args="-eo user,pid,comm")
    return {row[top["Titles"].index("USER")] for row in top["Processes"]}
