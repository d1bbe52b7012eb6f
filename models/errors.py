"""Every error of the models, with what was found, what is valid and what to do.

The tree::

    ModelError
    ├── PanelError              the training table is not one row per account and cutoff
    ├── LeakyFoldError          a fold's training labels reach into its validation period
    ├── HistoryError            too few cutoffs to test anything
    ├── OneClassError           nobody left, or everybody did
    ├── FeatureMismatchError    features differ from those learned from
    └── ModelFileError          a model file may not be opened
        ├── NoChampionError     there is none
        ├── TamperedModelError  its hash or the types in it are not what was written
        └── LibraryError        other library versions than it was saved with

``models`` knows nothing of the pipeline; the pipeline turns these into its own errors and exit codes.
"""

from __future__ import annotations


class ModelError(Exception):
    """``problems`` holds one sentence a fault; ``hint`` says what to do next."""

    def __init__(self, *problems: str, hint: str = "") -> None:
        self.problems = problems
        self.hint = hint
        super().__init__("\n".join([*problems, *([hint] if hint else [])]))


class PanelError(ModelError):
    """The training table is not one row per account and cutoff with aligned labels."""


class LeakyFoldError(ModelError):
    """The gap between training and validation is shorter than horizon plus grace."""


class HistoryError(ModelError):
    """There are too few cutoffs for a single test in time."""


class OneClassError(ModelError):
    """The labels hold one class only, so there is nothing to learn."""


class FeatureMismatchError(ModelError):
    """Feature names, order or kinds differ from those the model learned from."""


class ModelFileError(ModelError):
    """A model file may not be opened."""


class NoChampionError(ModelFileError):
    """No champion has been exported."""


class TamperedModelError(ModelFileError):
    """The file's hash, name or types are not those that were written."""


class LibraryError(ModelFileError):
    """The libraries differ from those the model was saved with."""
