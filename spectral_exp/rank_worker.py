"""One of the processes that train together, from rank 1 on: `python -m spectral_exp.rank_worker`, by the first one.

The first line of its standard input says what to do. When the rest ends, the first process is gone.
"""

import json
import os
import sys
import threading
import traceback
from pathlib import Path

EXIT_FAILED = 1


def main() -> None:
    """Do what the first rank does, and leave with 1 if that failed; the last line printed says why."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_first_rank, daemon=True).start()
    sys.path[:] = order["path"]
    try:
        from omegaconf import DictConfig
        from torch import distributed

        from spectral_exp.run import run

        run(DictConfig(order["config"]), Path(order["folder"]))
        if distributed.is_initialized():
            distributed.destroy_process_group()
    except BaseException as error:
        traceback.print_exc()
        print(type(error).__name__ + ":", *str(error).split(), file=sys.stderr, flush=True)
        os._exit(EXIT_FAILED)  # at once: the others wait


def _end_with_first_rank() -> None:
    sys.stdin.read()
    os._exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
