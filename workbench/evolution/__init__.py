"""Searches over programs: populations, mutations, selection, caches."""

from workbench.evolution.changes import CHANGEABLE
from workbench.evolution.curve import CURVE_COLUMNS
from workbench.evolution.island import Ancestor
from workbench.evolution.islands import PopulationState
from workbench.evolution.mutate import MUTATIONS
from workbench.evolution.presets import PRESETS, Preset
from workbench.evolution.recorded import (
    RecordedSearch,
    load_recorded,
    recorded_names,
)
from workbench.evolution.search import Best, Search
from workbench.evolution.spec import CacheSpec, HurdleSpec, SearchSpec

__all__ = [
    "CHANGEABLE",
    "CURVE_COLUMNS",
    "MUTATIONS",
    "PRESETS",
    "Ancestor",
    "Best",
    "CacheSpec",
    "HurdleSpec",
    "PopulationState",
    "Preset",
    "RecordedSearch",
    "Search",
    "SearchSpec",
    "load_recorded",
    "recorded_names",
]
