"""README and docs: links lead somewhere, and the commands are ones that the programs take."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from spectral_exp.cli.config_path import config_dir
from spectral_exp.cli.members import members_arguments
from spectral_exp.cli.overrides import check_overrides

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONFIGS = {"spectral-train": "train", "spectral-compare": "compare"}
# What stands for something of the reader's own, or for a package that only its own extra brings.
OPEN = ("...", "resume=", "--config-dir", "hydra/launcher=ray", "--help", "-sc")


def _anchors(page: Path) -> set[str]:
    # as GitHub makes them of headings
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in _anchors(linked), f"{page.name}: {target}"


def test_the_readme_names_every_option():
    text = PAGES[0].read_text(encoding="utf-8")
    groups = [folder for folder in (ROOT / "conf").iterdir() if folder.is_dir()]
    for group in groups:
        if group.name in ("attribution", "hydra"):  # their own pages have them
            continue
        for file in (*group.glob("*.yaml"), *group.glob("[!a]*/*.yaml")):  # but dataset/augmentation
            option = file.relative_to(group).with_suffix("").as_posix()
            assert f"`{option}`" in text or f"`{file.stem}`" in text, f"{group.name}={option}"


def _check_commands(pages: Sequence[Path]) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages).replace("\\\n", " ")
    lines = re.findall(r"^ {4}((?:spectral-train|spectral-compare) .+)$", text, re.M)
    commands = {tuple(shlex.split(line, comments=True)): None for line in lines}
    taken = [command for command in commands if not any(word in " ".join(command) for word in OPEN)]
    assert taken
    for program, *argv in taken:
        check_overrides(members_arguments(argv), config_dir(), CONFIGS[program])


def test_commands_of_the_readme_are_taken():
    _check_commands(PAGES[:1])


@pytest.mark.slow
def test_commands_of_all_pages_are_taken():
    _check_commands(PAGES[1:])
