"""`spectral-data`: list the data sets, and fetch those that have to be."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from spectral_exp.cli.ending import run_command

UNLIMITED = 1000  # characters in a line where it goes to no terminal

DESCRIPTION = """List the data sets, and fetch those that are neither made nor bundled.

  spectral-data list                  what there is, and what is fetched
  spectral-data fetch mnist           download it, check it, keep it
  spectral-data fetch mnist --force   again, though it is there
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the command line; None for the program's own.

    Returns:
        The exit code; see `run_command`.
    """
    chosen = parse(arguments)

    def show_or_fetch() -> None:
        if chosen.verb == "list":
            show_list(chosen.data_dir)
        else:
            fetch_one(chosen.name, chosen.data_dir, chosen.force)

    return run_command("spectral-data", show_or_fetch)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Args:
        arguments: the words after the program's name; None for the program's own.

    Returns:
        `verb`, `data_dir`, and for fetch `name` and `force`.
    """
    parser = argparse.ArgumentParser(
        "spectral-data", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|fetch")
    listing = verbs.add_parser("list", help="show all data sets")
    fetching = verbs.add_parser("fetch", help="download a data set, check it and keep it")
    fetching.add_argument("name", help="the data set, such as mnist")
    fetching.add_argument("--force", action="store_true", help="fetch it even if it is there")
    for verb in (listing, fetching):
        verb.add_argument(
            "--data-dir",
            type=Path,
            metavar="DIR",
            help="where fetched data lies ($SPECTRAL_EXP_DATA, or ~/.cache/spectral_exp)",
        )
    return parser.parse_args(arguments)


def show_list(data_dir: Path | None) -> None:
    """Print a table of all data sets that ship with the package.

    Args:
        data_dir: where fetched data lies; None for the default.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Column, Table

    from spectral_exp.cli.config_path import config_dir
    from spectral_exp.dataset.fetch import default_data_dir, is_fetched
    from spectral_exp.dataset.registry import REGISTRY

    folder = data_dir or default_data_dir()
    table = Table(
        Column("dataset=", no_wrap=True),
        *(Column(name, overflow="fold") for name in ("rows", "inputs", "target", "where from")),
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for path in sorted(Path(config_dir(), "dataset").glob("*.yaml")):
        *description, origin = describe(path)
        if path.stem in REGISTRY:
            origin = "fetched" if is_fetched(path.stem, folder) else "not fetched"
        table.add_row(path.stem, *description, origin)
    console = Console(width=None if sys.stdout.isatty() else UNLIMITED)
    console.print(table)
    console.print(f"Fetched data is in {folder}; spectral-data fetch NAME puts it there.", soft_wrap=True)


def describe(config: Path) -> list[str]:
    """Read what a data set's config says of it, so that a new set needs no entry here and nothing is loaded.

    Args:
        config: a file whose first line is `# rows | inputs | target | where from`.

    Returns:
        These four.
    """
    first = config.read_text(encoding="utf-8").partition("\n")[0]
    return [field.strip() for field in first.lstrip("# ").split("|")]


def fetch_one(name: str, data_dir: Path | None, force: bool) -> None:
    """Fetch a data set and say where it is.

    Args:
        name: the data set.
        data_dir: where fetched data lies; None for the default.
        force: fetch it even if it is there.
    """
    from spectral_exp.dataset.fetch import default_data_dir, fetch

    folder = data_dir or default_data_dir()
    source = fetch(name, folder, force)
    if source is None:
        print(f"{name} is already in {folder / name}, whole and unchanged")
    else:
        print(f"{name} is in {folder / name}, from {source}; every file's SHA-256 is right")


if __name__ == "__main__":
    sys.exit(main())
