"""Hydra, asked before it starts: what is on the command line, and what it would compose.

All that is used of Hydra's inside is in this file, and is optional: where a release no longer has it,
`read_command` returns None and Hydra speaks for itself.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig
from yaml import MarkedYAMLError  # type: ignore[import-untyped]

from spectral_exp.cli.config_path import version_base
from spectral_exp.cli.nearest import did_you_mean, nearest
from spectral_exp.cli.override_syntax import explain_syntax, table_command
from spectral_exp.errors import UserError


@dataclass(frozen=True)
class Command:
    """What the command line asks for.

    Attributes:
        overrides: as typed.
        is_multirun: whether it sweeps.
        starts_run: whether it trains, rather than shows something.
        config_name: the primary config, if it names one.
        config_path: the config tree to use in place of the shipped one, if it names one.
        user_dirs: folders added with --config-dir.
    """

    overrides: list[str]
    is_multirun: bool
    starts_run: bool
    config_name: str | None
    config_path: str | None
    user_dirs: list[str]


def read_command(argv: Sequence[str]) -> Command | None:
    """Read the command line as Hydra does.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The command; None if it composes nothing of ours, as --help or shell completion.

    Raises:
        UserError: if an option is unknown or stands between the overrides.
    """
    try:
        from hydra._internal.utils import get_args_parser
    except ImportError:
        return None
    parser = get_args_parser()
    parser.allow_abbrev = False  # --experiment is not short for --experimental-rerun
    args, extra = parser.parse_known_args(list(argv))
    for argument in extra:
        if argument.startswith("-"):
            actions = [action for action in parser._actions if action.dest != "experimental_rerun"]
            options = [option for action in actions for option in action.option_strings]
            near = did_you_mean(nearest(argument, options))
            setting = argument.lstrip("-").partition("=")[0]
            raise UserError(f"{argument}: unknown option{near or f'; a setting is written {setting}=VALUE, no dashes'}")
        raise UserError(f"{argument}: options such as -m go before or behind all overrides, not between them")
    if args.help or args.hydra_help or args.shell_completion or args.experimental_rerun:
        return None
    return Command(
        overrides=args.overrides,
        is_multirun=args.multirun or "hydra.mode=MULTIRUN" in args.overrides,
        starts_run=args.cfg is None and args.info is None,
        config_name=args.config_name,
        config_path=args.config_path,
        user_dirs=[args.config_dir] if args.config_dir else [],
    )


def options_again(argv: Sequence[str]) -> list[str]:
    """Repeat the options that say where configs are.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        Options, for the jobs of a sweep.

    Example:
        >>> options_again(["-m", "seed=0,1", "-cd", "mine"])
        ['--config-dir', 'mine']
    """
    command = read_command(argv)
    if command is None:
        return []
    given = [("--config-name", command.config_name), ("--config-path", command.config_path)]
    given += [("--config-dir", folder) for folder in command.user_dirs]
    return [text for option, value in given if value for text in (option, value)]


class Composition:
    """A config tree that Hydra has opened.

    Args:
        loader: Hydra's.
        config_name: the primary config.
        user_dirs: folders that are searched behind the tree.
        overrides: as typed; a `hydra.searchpath` among them joins the search.
    """

    def __init__(
        self, loader: ConfigLoader, config_name: str, user_dirs: Sequence[str], overrides: Sequence[str]
    ) -> None:
        self._loader = loader
        self._config_name = config_name
        self._parser = OverridesParser.create()
        paths = [f"file://{Path(folder).resolve()}" for folder in user_dirs]
        for text in overrides:
            if text.startswith("hydra.searchpath="):
                value = self.parse(text).value()
                paths += [str(path) for path in value] if isinstance(value, list) else []
        self._user_dirs = [Path(path.removeprefix("file://")) for path in paths]
        quoted = ",".join(QuotedString(path, Quote.single).with_quotes() for path in paths)
        self._search_path = [f"hydra.searchpath=[{quoted}]"] if paths else []  # the public way of --config-dir

    def parse(self, text: str) -> Override:
        """Parse one override.

        Args:
            text: as typed.

        Returns:
            Hydra's own form of it.

        Raises:
            UserError: if it cannot be read.
        """
        try:
            return self._parser.parse_overrides([text])[0]
        except HydraException as error:
            if command := table_command(text):
                raise UserError(f"{text} is a file; write {command}") from error
            if "=" not in text and (groups := self._groups_with(text)):
                raise UserError(f"{text}: write KEY=VALUE{did_you_mean([f'{g}={text}' for g in groups])}") from error
            raise UserError(explain_syntax(text, str(error).splitlines()[0])) from error

    def compose(self, choices: Sequence[str]) -> DictConfig:
        """Compose the config with some choices.

        Args:
            choices: overrides.

        Returns:
            The config, Hydra's own node included.

        Raises:
            UserError: if it cannot be composed, with the reason in one line.
        """
        try:
            return compose(self._config_name, [*choices, *self._search_path], return_hydra_config=True)
        except MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"{mark.name}, line {mark.line + 1}" if mark else "a config file"
            raise UserError(f"{place}: not valid YAML ({error.problem})") from error
        except MissingConfigException as error:
            options = list(error.options or [])
            listed = f" (options: {', '.join(options)})" if options else ""
            hint = did_you_mean(nearest(str(error.missing_cfg_file).rpartition("/")[2], options))
            raise UserError(f"{str(error).splitlines()[0].strip()}{listed}{hint}") from error
        except Exception as error:  # whatever Hydra, OmegaConf or a file's encoding runs into
            lines = str(error) or str(error.__cause__)
            raise UserError(" ".join(lines.split())) from error

    def options(self, group: str) -> list[str]:
        """List what can be chosen in a group.

        Args:
            group: its name, such as `regularization/schedule`.

        Returns:
            Names of options; of no such group, none.
        """
        return self._loader.get_group_options(group, ObjectType.CONFIG, overrides=self._search_path)

    def groups(self, parent: str = "") -> list[str]:
        """List all groups, nested ones by their full name.

        Args:
            parent: the group to look inside; empty for all.

        Returns:
            Names of groups.
        """
        found: list[str] = []
        names = self._loader.get_group_options(parent, ObjectType.GROUP, overrides=self._search_path)
        for name in names:
            group = f"{parent}/{name}" if parent else name
            found += [group, *self.groups(group)]
        return found

    def is_group(self, name: str) -> bool:
        """Tell whether a name is a group.

        Args:
            name: such as `dataset`.

        Returns:
            Whether there is anything to choose in it.
        """
        return bool(self._loader.get_group_options(name, None, overrides=self._search_path))

    def has_package(self, config: str) -> bool:
        """Tell whether a config says itself where it belongs, and not by the folder that it lies in.

        Args:
            config: such as `experiment/paper/mnist_01`.

        Returns:
            Whether its first line does.
        """
        file = self.file_of(config)
        return file is not None and file.read_text(encoding="utf-8").startswith("# @package")

    def file_of(self, config: str) -> Path | None:
        """Find the file of a config.

        Args:
            config: such as `dataset/tabular`.

        Returns:
            The first on the search path, or None.
        """
        folders = [Path(source.path) for source in self._loader.get_sources() if source.scheme() == "file"]
        files = (folder / f"{config}.yaml" for folder in [*folders, *self._user_dirs])
        return next((file for file in files if file.is_file()), None)

    def _groups_with(self, option: str) -> list[str]:
        return [group for group in self.groups() if not group.startswith("hydra") and option in self.options(group)]


@contextmanager
def open_configs(
    config_dir: str, config_name: str, user_dirs: Sequence[str], overrides: Sequence[str]
) -> Iterator[Composition]:
    """Open a config tree for a while.

    Args:
        config_dir: its absolute path.
        config_name: the primary config.
        user_dirs: further folders to search.
        overrides: as typed.

    Yields:
        The opened tree.

    Raises:
        UserError: if a folder does not exist.
    """
    for folder in user_dirs:
        if not Path(folder).is_dir():
            raise UserError(f"--config-dir {folder}: no such folder")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hydra says them again when it starts
        with initialize_config_dir(config_dir, **version_base()):
            yield Composition(GlobalHydra.instance().config_loader(), config_name, user_dirs, overrides)
