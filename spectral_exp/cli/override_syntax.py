"""What is wrong with an override that cannot be read, and how to write it."""

import re
from pathlib import Path

_KEY = re.compile(r"(\+{0,2}|~)[\w$@:./-]+")
_QUOTED = re.compile(r"""(?<!\\)"(\\.|[^"\\])*"|(?<!\\)'(\\.|[^'\\])*'""")
_FUNCTIONS = (
    "choice",
    "range",
    "interval",
    "glob",
    "sort",
    "shuffle",
    "tag",
    "int",
    "float",
    "str",
    "bool",
    "extend_list",
)


def explain_syntax(text: str, problem: str) -> str:
    """Explain why an override cannot be read.

    Args:
        text: the override as typed.
        problem: what the parser said, used where it is the best there is to say.

    Returns:
        One line that starts with the override.

    Example:
        >>> print(explain_syntax("out=a=b", ""))
        out=a=b: a value with '=' needs quotes; write 'out="a=b"', the outer quotes for the shell
        >>> print(explain_syntax("keep=[age,color=*]", ""))
        keep=[age,color=*]: a value with '=' needs quotes; write 'keep=[age,"color=*"]', the outer quotes for the shell
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals and _KEY.fullmatch(text):
        return f"{text}: a value is missing; write {text}=VALUE, without spaces around '='"
    if not key.strip("+~"):
        return f"{text}: a key is missing; write KEY=VALUE, without spaces around '='"
    if not equals or not _KEY.fullmatch(key):
        return f"{text}: {key!r} is not a key; write KEY=VALUE, with dots between the parts of the key"
    bare = _QUOTED.sub("", value)
    fault = _bracket_fault(bare) or _character_fault(bare)
    if fault is None:
        return f"{text}: {value!r} cannot be read ({' '.join(problem.split())})"
    if "spaces" in fault:
        return f"{text}: {fault}"
    return f"{text}: {fault}; write {_quoted(key, value)}, the outer quotes for the shell"


def table_command(text: str) -> str:
    """Tell how a table is named on the command line.

    Args:
        text: what was typed.

    Returns:
        The overrides that read it; empty if there is no such file, or it is no table.
    """
    path = Path(text)
    is_table = path.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet") and path.is_file()
    return f"dataset=tabular dataset.path={text} dataset.target=COLUMN" if is_table else ""


def _bracket_fault(bare: str) -> str | None:
    closing = {"[": "]", "{": "}", "(": ")"}
    expected: list[tuple[str, str]] = []
    for character in bare:
        if character in closing:
            expected.append((character, closing[character]))
        elif character in closing.values() and (not expected or expected.pop()[1] != character):
            return f"{character!r} was not opened, so the value needs quotes"
    if expected:
        bracket, end = expected[-1]
        return f"{bracket!r} is not closed; write {end!r} at the end, and if the value has spaces, quotes around all"
    if bare.rstrip().endswith(","):
        return "a value is missing after the last comma; write the values without spaces between them"
    return None


def _character_fault(bare: str) -> str | None:
    if any(quote in bare for quote in "\"'"):
        return "a quote is not closed, so the value needs quotes of the other kind"
    if "=" in bare:
        return "a value with '=' needs quotes"
    call = re.match(r"\s*(\w+)\s*\(", bare)
    if "(" in bare and (call is None or call[1] not in _FUNCTIONS):
        return "a value with parentheses needs quotes"
    odd = re.search(r"[^\w\s/\-\\+.$%*@?|:,\[\]{}()]", bare)
    return f"a value with {odd[0]!r} needs quotes" if odd else None


def _quoted(key: str, value: str) -> str:
    # one pair of quotes for Hydra, one for the shell
    shown = "VALUE" if any(quote in value for quote in "\"'") else value
    if "=" in shown and shown[0] in "[{":  # the whole in quotes would be one text
        shown = re.sub(r"[^\[\]{}:,\s]*=[^\[\]{}:,\s]*", r'"\g<0>"', shown)
        return f"'{key}={shown}'"
    return f"""'{key}="{shown}"'"""
