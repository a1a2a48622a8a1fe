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


class TraceReader:
    """Read the whole records of a trace, again and again while a run writes it, or after a kill cut it.

    A trace only grows, so each reading looks for records behind those that it knows; a file that was put in the
    place of another, as a resumed run does, is read from its start.

    Args:
        path: the trace file.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file_id: int | None = None
        self._schema: pa.Schema | None = None
        self._starts: list[int] = []  # of the whole records
        self._end = 0  # behind the last of them

    def read(self, at_most: int | None = None) -> Trace:
        """Read what is there by now.

        Args:
            at_most: read so many records at most, evenly spread, the first and the last among them. The rest is
                never loaded: with a million inputs a record takes 5 MB.

        Returns:
            The records; none, with 0 inputs, if the file ends before its schema does.

        Raises:
            UserError: if there is no such file or it is not a trace.
        """
        try:
            file_id = self._path.stat().st_ino
            file = pa.memory_map(str(self._path))
        except FileNotFoundError as error:
            raise UserError(f"{self._path}: there is no trace; was the run made with tracking=off?") from error
        with file:
            if self._file_id != file_id or file.size() < self._end:
                self._file_id, self._schema, self._starts, self._end = file_id, None, [], 0
            self._find_records(file)
            starts = self._starts
            if at_most is not None and len(starts) > at_most:
                starts = [starts[i] for i in np.linspace(0, len(starts) - 1, at_most).round().astype(int)]
            n_features = 0 if self._schema is None else _n_features(self._schema, self._path)
            step, epoch = np.empty(len(starts), np.int64), np.empty(len(starts), np.int64)
            strength = np.empty(len(starts), np.float64)
            eigenvalues = np.empty((len(starts), n_features), np.float32)
            mask = np.empty((len(starts), n_features), bool)
            for row, start in enumerate(starts):
                file.seek(start)
                record = pa.ipc.read_record_batch(pa.ipc.read_message(file), self._schema)
                step[row], epoch[row], strength[row] = (
                    record[name][0].as_py() for name in ("step", "epoch", "strength")
                )
                eigenvalues[row] = record["eigenvalues"].flatten().to_numpy()
                mask[row] = record["mask"].flatten().to_numpy(zero_copy_only=False)
            return Trace(step, epoch, strength, eigenvalues, mask)

    def _find_records(self, file: pa.NativeFile) -> None:
        if self._schema is None:
            self._schema = _read_schema(file)
            if self._schema is None:
                return
            _n_features(self._schema, self._path)  # refuses a file of somebody else
            self._end = file.tell()
        file.seek(self._end)
        for _, position in _whole_records(file, self._schema):
            self._starts.append(self._end)
            self._end = position


def read_trace(path: Path) -> Trace:
    """Read the whole records of a trace once, see `TraceReader`.

    Args:
        path: the trace file.

    Returns:
        The records; none, with 0 inputs, if the file ends before its schema does.
    """
    return TraceReader(path).read()


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
