"""A real Slurm of one node on loopback, from Debian's packages, unpacked into a folder: nothing is installed."""

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge")
SECONDS_TO_START = 30
N_CPUS = 2

CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={state}/munge/socket,cred_expire=5
CredType=cred/munge
PluginDir={libraries}/slurm-wlm
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
StateSaveLocation={state}/controller
SlurmdSpoolDir={state}/node
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={n_cpus} RealMemory=2000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class OneNodeSlurm:
    """The daemons, and what a program needs to talk to them.

    Args:
        folder: for packages, state and logs; its path must be short, for a socket is in it.
    """

    def __init__(self, folder: Path) -> None:
        if platform.system() != "Linux" or os.geteuid() != 0 or shutil.which("apt-get") is None:
            pytest.skip("a Slurm cluster needs Linux, root and apt-get, to unpack Debian's packages of Slurm")
        self._root, self._state = folder / "root", folder / "state"
        self._unpack(folder / "packages")
        self._pid_files = [self._state / name for name in ("slurmd.pid", "slurmctld.pid", "munge/pid")]
        libraries = next(self._root.glob("usr/lib/*-linux-gnu"))
        self._libraries = {"LD_LIBRARY_PATH": f"{libraries}:{libraries}/slurm-wlm"}
        self.environment: Mapping[str, str] = {
            **os.environ,
            **self._libraries,
            "SLURM_CONF": str(self._state / "slurm.conf"),
            "PATH": f"{self._root}/usr/bin:{os.environ['PATH']}",
        }
        self._write_config(libraries)

    def _unpack(self, packages: Path) -> None:
        (packages / "partial").mkdir(parents=True)
        apt = [
            "apt-get",
            "-y",
            "-q",
            "--no-install-recommends",
            "--download-only",
            f"-oDir::Cache::archives={packages}",
        ]
        try:
            subprocess.run(["apt-get", "-q", "update"], check=True, capture_output=True, timeout=120)
            subprocess.run([*apt, "install", *PACKAGES], check=True, capture_output=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"Debian's packages of Slurm cannot be had: {error}")
        for package in packages.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, self._root], check=True)

    def _write_config(self, libraries: Path) -> None:
        for name in ("munge", "controller", "node"):
            (self._state / name).mkdir(parents=True, mode=0o700)
        key = self._state / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        controller_port, node_port = _free_ports(2)
        text = CONFIG.format(
            host=platform.node(),
            state=self._state,
            libraries=libraries,
            controller_port=controller_port,
            node_port=node_port,
            n_cpus=N_CPUS,
        )
        (self._state / "slurm.conf").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Start the daemons, and wait until the node takes jobs."""
        munge, programs = self._state / "munge", self._root / "usr" / "sbin"
        files = [f"--{name}-file={munge / name}" for name in ("key", "pid", "log", "seed")]
        self._daemon(programs / "munged", "--force", *files, f"--socket={munge / 'socket'}")
        self._daemon(programs / "slurmctld-wlm", "-i", "-f", self._state / "slurm.conf")
        stepd = programs / "slurmstepd-wlm"
        self._daemon(programs / "slurmd-wlm", "-f", self._state / "slurm.conf", "-N", platform.node(), "-d", stepd)
        deadline = time.monotonic() + SECONDS_TO_START
        while self.ask("sinfo", "--noheader", "--format=%t") != "idle":
            if time.monotonic() > deadline:
                logs = "\n".join(log.read_text(encoding="utf-8")[-2000:] for log in self._state.glob("*.log"))
                raise RuntimeError(f"the node does not become idle\n{logs}")
            time.sleep(0.2)

    def ask(self, program: str, *arguments: str) -> str:
        """Run one of Slurm's commands.

        Args:
            program: such as `squeue`.
            arguments: its arguments.

        Returns:
            What it prints.
        """
        command = [self._root / "usr" / "bin" / program, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60).stdout.strip()

    def stop(self) -> None:
        """End all jobs and the daemons, by the process ids that they wrote down."""
        self.ask("scancel", "--full", "--signal=KILL", "--user=root")
        for file in self._pid_files:
            if not file.is_file():
                continue
            pid = int(file.read_text())
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.1)

    def _daemon(self, *command: str | Path) -> None:
        subprocess.run(command, env={**os.environ, **self._libraries}, check=True, capture_output=True, timeout=60)


def _free_ports(n_ports: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n_ports)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
