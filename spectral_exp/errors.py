"""What ends a run or a sweep before its end."""


class UserError(ValueError):
    """Bad input: one line that names the file, column, key or value, and says what to do.

    The command line prints the message alone and exits with code 2.
    """


class UnfinishedSweepError(RuntimeError):
    """Jobs of a sweep failed, were killed, or never started; what the others produced is whole."""


class PrunedError(RuntimeError):
    """A run of a sweep was stopped because it had no hope of being among the best."""


class RankFailedError(RuntimeError):
    """One of the processes that train together ended badly, and took the run along."""
