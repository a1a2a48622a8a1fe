"""`spectral-export`: a model of the most relevant inputs only, to be used without this package."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from spectral_exp.cli.ending import run_command

if TYPE_CHECKING:
    from rich.table import Table

    from spectral_exp.export.export_run import Export

_EXAMPLES = """
formats:
  onnx         runs in onnxruntime, without PyTorch; needs pip install 'spectral_exp[export]'
  pt2          runs in PyTorch alone: torch.export.load(FILE).module()
  state_dict   weights and plain values: torch.load(FILE, weights_only=True)

examples:
  spectral-export outputs/runs/digits/2026-01-31_12-00-00               the inputs that the run selected
  spectral-export RUN --k 50                                           the 50 most relevant inputs
  spectral-export RUN --k 50 --format pt2 --output models/digits.pt2   in another format and place

The model takes rows of the kept inputs, float64, in the units of the data (a table's columns after one-hot coding,
pixels between 0 and 1) and in the order of input_names, which is stored in the file with all else that one has to
know. It gives class probabilities, or values in the units of the target. What was left out counts as 0 in scaled
units, its training mean under standard scaling. The file is written only if it gives the same as the trained network.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Export a model of a run.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Returns:
        The exit code; see `run_command`.
    """
    options = _parser().parse_args(arguments)

    def export() -> None:
        from spectral_exp.export.export_run import export_run

        _print(export_run(options.run, options.format, options.k, options.output))

    return run_command("spectral-export", export)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="spectral-export",
        description="Write a model of a run's most relevant inputs only, to be used without this package.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run")
    parser.add_argument("--k", type=int, help="keep the top K inputs (default: those that the run selected)")
    parser.add_argument("--format", default="onnx", help="onnx (default), pt2 or state_dict")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="the file (default: slim_K.SUFFIX in the run folder)"
    )
    return parser


def _print(export: "Export") -> None:
    from rich.console import Console
    from rich.text import Text

    from spectral_exp.report.paths import from_here

    console = Console(highlight=False)
    console.print(_table(export))
    console.print(f"\nSame as the trained network on {export.n_rows:,} test rows, to {export.difference:.1e}")
    if export.n_idle:
        n_inputs = export.slim.n_inputs
        console.print(f"{export.n_idle} of the {n_inputs} inputs change nothing: training had dropped them")
    console.print(Text(f"model  {from_here(export.path)}"), soft_wrap=True)


def _table(export: "Export") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("")
    for name in ("all inputs", "slim", "ratio"):
        table.add_column(name, justify="right")
    full, slim = export.full, export.slim
    lines: list[tuple[str, float, float, Callable[[float], str]]] = [
        ("inputs", full.n_inputs, slim.n_inputs, "{:,}".format),
        ("parameters of the first layer", full.first_layer, slim.first_layer, "{:,}".format),
        ("size of the file", full.file_size, slim.file_size, _kilobytes),
    ]
    for size, before in full.latency.items():
        lines.append((f"latency, {size} row{'s' * (size > 1)}", before, slim.latency[size], _milliseconds))
    for name, before, after, show in lines:
        table.add_row(name, show(before), show(after), f"{before / after:.2f}")
    return table


def _kilobytes(n_bytes: float) -> str:
    return f"{n_bytes / 1e3:,.1f} kB"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.3f} ms"


if __name__ == "__main__":
    sys.exit(main())
