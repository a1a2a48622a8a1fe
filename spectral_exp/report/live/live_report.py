"""What a live page says: put together anew when files have changed, and only when somebody asks."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from urllib.parse import unquote

from spectral_exp.errors import UserError
from spectral_exp.report.collect import CollectedRun, Collector
from spectral_exp.report.page.content import Content, build_content
from spectral_exp.report.page.tables import link_to
from spectral_exp.report.run_files import RunFiles, file_stamp, file_stamps
from spectral_exp.tracking.run_folder import CONFIG, SWEEP_RECORD, TRACE
from spectral_exp.tracking.trace import TraceReader


class LiveReport:
    """A run, a sweep or any folder of runs, read again where its files have changed.

    Nothing is written. Whatever cannot be read at the moment, because it is being written or moved, leaves the
    content as it was.

    Args:
        path: the folder; it may be empty still.
    """

    def __init__(self, path: Path):
        self._path = path
        self._collector = Collector(path)
        self._trace_readers: dict[Path, TraceReader] = {}
        self._configs: dict[str, Path] = {}
        self._tag = ""
        self._content: Content | None = None
        self._lock = threading.Lock()

    def look(self) -> tuple[str, Content]:
        """Look at the files, and read those that have changed.

        Returns:
            A tag that names the state of the files, and what the page says of it.
        """
        with self._lock:  # two readers of one page would read the files twice
            try:
                tag = self._state_of_files()
                if self._content is None or tag != self._tag:
                    self._content = self._read()
                    self._tag = tag
            except (OSError, UserError) as error:
                if self._content is None:
                    return "", Content(self._path.name, [f"Waiting for a run. {error}"], [])
            return self._tag, self._content

    def config(self, link: str) -> Path | None:
        """Find the configuration that a link of the page leads to.

        Args:
            link: relative to the page.

        Returns:
            The file; None if the page has no such link.
        """
        return self._configs.get(link)

    def _state_of_files(self) -> str:
        runs = self._collector.find_folders()
        sweeps = sorted({run.parent for run in runs})
        state = [
            *((str(run), file_stamps(run)) for run in runs),
            *((str(sweep), file_stamp(sweep / SWEEP_RECORD)) for sweep in sweeps),
        ]
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    def _read(self) -> Content:
        runs = self._collector.collect()
        self._configs = {_link(run, self._path): run.folder / CONFIG for run in runs}
        return build_content(self._path, runs, self._path, self._open_run)

    def _open_run(self, folder: Path) -> RunFiles:
        return RunFiles(folder, self._trace_readers.setdefault(folder, TraceReader(folder / TRACE)))


def _link(run: CollectedRun, page_folder: Path) -> str:
    return unquote(link_to(run.folder / CONFIG, page_folder)).removeprefix("./")
