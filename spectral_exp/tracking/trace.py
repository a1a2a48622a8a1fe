"""The trace: eigenvalues and mask over training, in an append-only file that survives a kill.

The file is an Arrow IPC stream: a schema, then one message per record. A stream needs no footer, so every
prefix that ends with a whole record is a valid file, and a record costs the same whether it is the first
or the millionth. Any Arrow reader opens it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc
from jaxtyping import Bool, Float, Int

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import write_whole


@dataclass(frozen=True)
class Trace:
    """What was recorded over training, one row per record.

    Attributes:
        step: optimizer steps taken, shape (n_records,); 0 is the state before training.
        epoch: epoch in which the record was made, shape (n_records,).
        strength: the penalty's factor at that step, shape (n_records,).
        eigenvalues: of all inputs, shape (n_records, n_features), float32.
        mask: True = kept, shape (n_records, n_features).
    """

    step: Int[np.ndarray, " n_records"]
    epoch: Int[np.ndarray, " n_records"]
    strength: Float[np.ndarray, " n_records"]
    eigenvalues: Float[np.ndarray, "n_records n_features"]
    mask: Bool[np.ndarray, "n_records n_features"]

    def __len__(self) -> int:
        return len(self.step)


class TraceWriter:
    """Append records to a trace file; a kill loses at most the record that was being written.

    Args:
        path: the trace file.
        n_features: number of inputs.
        keep_until_step: None starts an empty trace in place of whatever was there. A step, on resume, keeps the
            records up to and including it byte by byte and drops later ones.

    Raises:
        UserError: if the trace to go on with has another number of inputs.
    """

    def __init__(self, path: Path, n_features: int, keep_until_step: int | None = None):
        self.n_features = n_features
        self._schema = _schema(n_features)
        kept_bytes = 0
        if keep_until_step is not None and path.exists():
            kept_bytes = _position_behind(path, self._schema, keep_until_step)

        def write_start(beside: Path) -> None:
            if kept_bytes:
                with pa.memory_map(str(path)) as file:
                    beside.write_bytes(file.read_buffer(kept_bytes))
            else:
                beside.write_bytes(self._schema.serialize())

        # Renamed rather than cut, so that a reader that has the old file in its memory never sees it shrink.
        write_whole(path, write_start)
        self._file = path.open("ab")

    def append(
        self,
        step: int,
        epoch: int,
        strength: float,
        eigenvalues: Float[np.ndarray, " n_features"],
        mask: Bool[np.ndarray, " n_features"],
    ) -> None:
        """Write one record and hand it to the operating system.

        Args:
            step: optimizer steps taken; larger than that of the last record.
            epoch: current epoch.
            strength: the penalty's factor.
            eigenvalues: of all inputs, shape (n_features,); stored as float32.
            mask: True = kept, shape (n_features,).

        Raises:
            ValueError: if a shape is wrong.
        """
        for name, values in (("eigenvalues", eigenvalues), ("mask", mask)):
            if values.shape != (self.n_features,):
                raise ValueError(f"{name} must have shape ({self.n_features},), got {values.shape}")
        columns = [
            pa.array([step], pa.int64()),
            pa.array([epoch], pa.int64()),
            pa.array([strength], pa.float64()),
            pa.FixedSizeListArray.from_arrays(pa.array(eigenvalues.astype(np.float32, copy=False)), self.n_features),
            pa.FixedSizeListArray.from_arrays(pa.array(mask.astype(bool, copy=False)), self.n_features),
        ]
        self._file.write(pa.RecordBatch.from_arrays(columns, schema=self._schema).serialize())
        self._file.flush()

    def close(self) -> None:
        """Close the file; it is complete without this, too."""
        self._file.close()


def read_trace(path: Path, at_most: int | None = None) -> Trace:
    """Read the whole records of a trace, also while a run writes it or after a kill cut it.

    Args:
        path: the trace file.
        at_most: read so many records at most, evenly spread, the first and the last among them. The rest is
            never loaded: with a million inputs a record takes 5 MB.

    Returns:
        The records; none, with 0 inputs, if the file ends before its schema does.

    Raises:
        UserError: if there is no such file or it is not a trace.
    """
    try:
        file = pa.memory_map(str(path))
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no trace; was the run made with tracking=off?") from error
    with file:
        schema = _read_schema(file)
        n_features = 0 if schema is None else _n_features(schema, path)
        records = [] if schema is None else [record for record, _ in _whole_records(file, schema)]
        if at_most is not None and len(records) > at_most:
            records = [records[i] for i in np.linspace(0, len(records) - 1, at_most).round().astype(int)]
        eigenvalues = np.empty((len(records), n_features), np.float32)
        mask = np.empty((len(records), n_features), bool)
        for row, record in enumerate(records):
            eigenvalues[row] = record["eigenvalues"].flatten().to_numpy()
            mask[row] = record["mask"].flatten().to_numpy(zero_copy_only=False)
        return Trace(
            step=np.array([record["step"][0].as_py() for record in records], np.int64),
            epoch=np.array([record["epoch"][0].as_py() for record in records], np.int64),
            strength=np.array([record["strength"][0].as_py() for record in records], np.float64),
            eigenvalues=eigenvalues,
            mask=mask,
        )


def _schema(n_features: int) -> pa.Schema:
    return pa.schema(
        [
            ("step", pa.int64()),
            ("epoch", pa.int64()),
            ("strength", pa.float64()),
            ("eigenvalues", pa.list_(pa.float32(), n_features)),
            ("mask", pa.list_(pa.bool_(), n_features)),
        ]
    )


def _n_features(schema: pa.Schema, path: Path) -> int:
    field = schema.field("eigenvalues") if "eigenvalues" in schema.names else None
    if field is None or not pa.types.is_fixed_size_list(field.type) or schema != _schema(field.type.list_size):
        raise UserError(f"{path}: not a trace of spectral_exp, its columns are {', '.join(schema.names)}")
    return int(field.type.list_size)


def _read_schema(file: pa.NativeFile) -> pa.Schema | None:
    try:
        return pa.ipc.read_schema(pa.ipc.read_message(file))
    except (EOFError, OSError, pa.ArrowInvalid):
        return None


def _whole_records(file: pa.NativeFile, schema: pa.Schema) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield every whole record and the position behind it."""
    while True:
        try:
            record = pa.ipc.read_record_batch(pa.ipc.read_message(file), schema)
        except (EOFError, OSError, pa.ArrowInvalid):  # the end, or a record cut short
            return
        yield record, file.tell()


def _position_behind(path: Path, schema: pa.Schema, last_step: int) -> int:
    # 0 if not even the schema is whole.
    with pa.memory_map(str(path)) as file:
        found = _read_schema(file)
        if found is None:
            return 0
        n_found, n_expected = _n_features(found, path), _n_features(schema, path)
        if n_found != n_expected:
            raise UserError(f"{path}: has {n_found} inputs, this run {n_expected}; resume with the data it began with")
        end = int(file.tell())
        for record, position in _whole_records(file, found):
            if record["step"][0].as_py() > last_step:
                break
            end = position
        return end
