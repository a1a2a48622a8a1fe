"""What goes wrong: the user gave something that cannot work, or jobs of a sweep did not finish."""


class UserError(ValueError):
    """Bad input: one line that names the file, column, key or value, and says what to do.

    The command line prints the message alone and exits with code 2.
    """


class UnfinishedSweepError(RuntimeError):
    """Jobs of a sweep failed, were killed, or never started; what the others produced is whole."""
