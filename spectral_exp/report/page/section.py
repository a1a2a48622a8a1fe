"""A part of the page."""

from __future__ import annotations

from dataclasses import dataclass, field

from spectral_exp.report.page.chart import Chart
from spectral_exp.report.page.evolution_chart import Evolution
from spectral_exp.report.page.table import Table


@dataclass
class Section:
    """A part of the page.

    Attributes:
        title: its heading.
        sentences: what is to be read first.
        facts: what is short, by name.
        charts: figures.
        evolution: the figure with the slider.
        tables: tables.
        texts: long texts by name, folded up: a configuration.
        commands: commands to copy.
        warnings: what could not be read or has failed.
    """

    title: str
    sentences: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    evolution: Evolution | None = None
    tables: list[Table] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
