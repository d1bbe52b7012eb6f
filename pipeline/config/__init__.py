"""The one file that a company edits, read and checked as a whole.

``load_config(path)`` gives a frozen ``Config`` or raises ConfigError with every problem at once.
"""

from pipeline.config.assumptions import PortfolioSettings
from pipeline.config.columns import Attribute, ColumnSpec, Length, Operand, Scale
from pipeline.config.company import Config, load_config
from pipeline.config.settings import (
    CalendarSettings,
    CurrencySettings,
    EngineSettings,
    FeatureSettings,
    LabelSettings,
    ListSettings,
    ModelSettings,
    MonitorSettings,
    PlaySettings,
    QuarantineSettings,
    ScaleSettings,
    SpineSettings,
    TrackingSettings,
)
from pipeline.config.sources import (
    TABLES,
    Negation,
    Period,
    PeriodMeasure,
    Place,
    SourceConfig,
    Sources,
    Via,
)

__all__ = [
    "TABLES",
    "Attribute",
    "CalendarSettings",
    "ColumnSpec",
    "Config",
    "CurrencySettings",
    "EngineSettings",
    "FeatureSettings",
    "LabelSettings",
    "Length",
    "ListSettings",
    "ModelSettings",
    "MonitorSettings",
    "Negation",
    "Operand",
    "Period",
    "PeriodMeasure",
    "Place",
    "PlaySettings",
    "PortfolioSettings",
    "QuarantineSettings",
    "Scale",
    "ScaleSettings",
    "SourceConfig",
    "Sources",
    "SpineSettings",
    "TrackingSettings",
    "Via",
    "load_config",
]
