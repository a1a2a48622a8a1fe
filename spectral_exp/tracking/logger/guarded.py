"""A dashboard in trouble costs a line in the log, never the run."""

import functools
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only

log = logging.getLogger(__name__)

P = ParamSpec("P")


class GuardedLogger(Logger):
    """A logger of which every method that calls the dashboard is decorated with `never_fails`.

    Attributes:
        dashboard: its name, for messages.
        is_closed: whether it is finished, or has failed.
    """

    dashboard: str

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False

    def resume_after(self, step: int) -> None:
        """Do nothing: the resumed run is a second record, which begins behind the step."""

    def finalize(self, status: str) -> None:
        """Do nothing: `finish` closes."""


AnyGuarded = TypeVar("AnyGuarded", bound=GuardedLogger)


def never_fails(method: Callable[Concatenate[AnyGuarded, P], None]) -> Callable[Concatenate[AnyGuarded, P], None]:
    """Call a method in the run's first process only, and turn its first exception into one line in the log.

    Args:
        method: calls the dashboard.

    Returns:
        The method, which does nothing once one of the logger's methods has failed.
    """
    in_first_process = rank_zero_only(method)

    @functools.wraps(method)
    def guarded(self: AnyGuarded, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self.is_closed:
            return
        try:
            in_first_process(self, *args, **kwargs)
        except Exception as error:  # whatever it is, the run matters more
            self.is_closed = True
            log.warning("%s records no more of this run, which goes on: %s", self.dashboard, one_line(error))

    return guarded


def one_line(error: Exception) -> str:
    """Shorten an exception to its kind and first line.

    Args:
        error: any.

    Returns:
        The line.
    """
    return f"{type(error).__name__}: {error}".splitlines()[0]
