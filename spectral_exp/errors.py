"""The error that means: the user gave something that cannot work."""


class UserError(ValueError):
    """Bad input: one line that names the file, column, key or value, and says what to do.

    The command line prints the message alone and exits with code 2.
    """
