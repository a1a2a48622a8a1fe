"""One run as one row of a table: what was asked for, what became of it, what came out."""

from collections.abc import Mapping, Sequence

from spectral_exp.errors import UserError
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import METRICS, STATUS
from spectral_exp.tracking.sweep_record import JobRecord

# Prefixes of final scores, in the order of their columns.
SCORES = ("test/", "val/")

_LAST = ("n_features", "n_selected", "seconds", "error")


def run_row(run: RunFiles, record: JobRecord | None = None) -> dict[str, object]:
    """Read a run's state, overrides and final metrics, whatever state it is in.

    Args:
        run: the run's folder, perhaps without any file.
        record: what the sweep knows of it, if it is the job of one: a killed job cannot say itself how it ended.

    Returns:
        Column to value; `state` is that of the run, "not started" or "broken", `error` its first line.
    """
    try:
        status = run.status if run.has(STATUS) else {}
        metrics = run.metrics if run.has(METRICS) else {}
    except UserError as error:  # one broken run takes nothing from the others
        return {"state": "broken", "error": str(error)}
    state, message = status.get("state"), str(status.get("error") or "")
    if record and (state is None or (state == "running" and record.state != "waiting")):  # waiting: for a cluster
        state, message = record.state, record.error or ""
    return {
        "state": "not started" if state in (None, "waiting") else state,
        **read_overrides(status.get("overrides") or (record.overrides if record else None)),
        **{key: value for key, value in metrics.items() if key.startswith(SCORES)},
        **{key: metrics[key] for key in ("n_features", "n_selected") if key in metrics},
        "seconds": status.get("seconds"),
        "error": (message.strip().splitlines() or [""])[0],
    }


def read_overrides(overrides: object) -> dict[str, str]:
    """Split overrides such as `+key=value` into key and value; `~key` has none, and `resume=` is none of its own.

    Args:
        overrides: the list in a run's status, or whatever stands in its place.

    Returns:
        Key to value, as they were typed.

    Example:
        >>> read_overrides(["seed=1", "+model.width=8", "~logger"])
        {'seed': '1', 'model.width': '8', 'logger': ''}
    """
    pairs = (str(text).partition("=") for text in (overrides if isinstance(overrides, list) else ()))
    return {key.lstrip("+~"): value for key, _, value in pairs if key != "resume"}


def order_columns(rows: Sequence[Mapping[str, object]], first: Sequence[str]) -> list[str]:
    """Order the columns of many rows: the first ones, overrides, test scores, validation scores, the rest.

    Args:
        rows: the rows, not all with the same columns.
        first: columns that lead.

    Returns:
        Every column once.
    """
    seen = dict.fromkeys(column for row in rows for column in row)
    scores = [column for part in SCORES for column in seen if column.startswith(part)]
    overrides = [column for column in seen if column not in (*first, *scores, *_LAST)]
    return [*first, *overrides, *scores, *_LAST]
