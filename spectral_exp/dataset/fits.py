"""Read FITS, the file format of astronomy, by astropy."""

import io
from typing import Any

from spectral_exp.errors import UserError


def open_fits(content: bytes, source: str) -> Any:
    """Open a FITS file.

    Args:
        content: the whole file.
        source: what needs it, for messages.

    Returns:
        Its list of header and data units.

    Raises:
        UserError: if astropy is not installed.
    """
    try:
        from astropy.io import fits
    except ImportError as error:
        raise UserError(f"{source} needs astropy to read FITS files: pip install 'spectral_exp[science]'") from error
    return fits.open(io.BytesIO(content))
