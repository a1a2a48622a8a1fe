import pytest

from spectral_exp.cli.ending import run_command
from spectral_exp.errors import UserError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("no such run"), 2, "spectral-x: no such run\n"),
        (
            PermissionError(13, "Permission denied", "page.html"),
            1,
            "spectral-x: [Errno 13] Permission denied: 'page.html'\n",
        ),
        (KeyboardInterrupt(), 130, "spectral-x: interrupted\n"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(capsys, error, code, said):
    def fail():
        raise error

    assert run_command("spectral-x", fail) == code
    assert capsys.readouterr().err == said


def test_what_is_a_mistake_of_ours_keeps_its_stack_trace():
    with pytest.raises(ZeroDivisionError):
        run_command("spectral-x", lambda: print(1 / 0))
