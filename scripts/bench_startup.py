"""CPU seconds that every command takes before it does anything, or to print a ranking.

    python scripts/bench_startup.py [--repeats 5] [--json FILE]

Each command is started in turn, in a process of its own with one thread; the figure is the user and system time of the
process and what it started. Files are in the system's cache, bytecode is compiled. `import torch` stands beside them.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = Path(sys.executable).parent
QUICK = ["experiment=quickstart", "trainer.max_epochs=1", "trainer=cpu"]


def cpu_seconds(command: list[str], folder: Path) -> float:
    """User and system time of a command and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = [str(COMMANDS / "spectral-train"), *QUICK, "hydra.run.dir=run"]
        cpu_seconds(run, folder)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import torch'": [sys.executable, "-c", "import torch"],
            **{
                f"{command} --help": [str(COMMANDS / command), "--help"]
                for command in (
                    "spectral-train",
                    "spectral-rank",
                    "spectral-report",
                    "spectral-compare",
                    "spectral-export",
                    "spectral-data",
                )
            },
            "spectral-rank RUN": [str(COMMANDS / "spectral-rank"), "run"],
            "spectral-data list": [str(COMMANDS / "spectral-data"), "list"],
            "spectral-report RUN": [str(COMMANDS / "spectral-report"), "run"],
            "spectral-train of one epoch": run,
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(asked.repeats):
            for name, command in commands.items():
                taken[name].append(cpu_seconds(command, folder))
    print("| command | CPU s | lowest | highest |\n|---|---|---|---|")
    for name, seconds in taken.items():
        print(f"| `{name}` | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")
    if asked.json:
        asked.json.write_text(json.dumps(taken, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
