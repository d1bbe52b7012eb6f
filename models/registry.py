"""The champion as a file that may be opened: written with its hash, read only if nothing about it changed.

``champion.json`` stands beside ``<version>.skops`` and is trusted; the model file is not. Before a byte of it is
turned into an object its name, its sha256, the libraries it was written with and the types it asks for are compared.
The list of types is a constant here, so a file cannot widen it. MLflow is not needed.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import LibraryError, NoChampionError, TamperedModelError

# what opens a model file takes seconds to load; most commands only read what stands beside it
if TYPE_CHECKING:
    from models.churn import ChurnModel

ALLOW: tuple[str, ...] = (
    "models.blend.Blend",
    "models.boosting.Boosted",
    "models.calibration.Calibration",
    "models.churn.ChurnModel",
    "models.encode.Encoding",
    "models.encode.NumberShape",
    "models.encode.TextShape",
    "models.hazard.Survival",
    "models.logistic.Logistic",
    "models.scale.Scale",
    "models.usual.Usual",
)
"""The only types of ours that a model file may ask for, beside the plain ones that skops trusts."""

LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy", "skops")
CHAMPION = "champion.json"
FORMAT = 4
"""What a model file is made of; raised whenever a class in ``ALLOW`` gains, loses or rereads a field."""


def save_model(model: ChurnModel, directory: Path) -> dict[str, Any]:
    """Write ``<version>.skops``; returns what must be known to open it (version, file, sha256, libraries)."""
    from skops import io as skops_io

    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{model.version}.skops"
    data = skops_io.dumps(model)
    _replace(target, data)
    return {
        "version": model.version,
        "file": target.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "libraries": libraries(),
        "format": FORMAT,
        "scale_version": model.scale.version,
        "horizon_days": model.horizon_days,
        "last_cutoff": model.cutoffs[-1] if model.cutoffs else None,
        **model.metadata,
    }


def export_champion(model: ChurnModel, directory: Path, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write the model, then point ``champion.json`` at it in one step; returns its content."""
    entry = {**save_model(model, directory), **(extra or {})}
    write_json(directory / CHAMPION, entry)
    return entry


def champion_entry(directory: Path) -> dict[str, Any]:
    """What ``champion.json`` says. Raises NoChampionError where there is none, TamperedModelError where unreadable."""
    path = directory / CHAMPION
    if not path.is_file():
        raise NoChampionError("No champion has been exported.", hint="Run `holdfast train` first.")
    return read_entry(path)


def read_entry(path: Path) -> dict[str, Any]:
    """The entry of one model, as ``save_model`` returned it. Raises TamperedModelError where it is unreadable."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TamperedModelError(f"{path.name} is not JSON: {error}.", hint="Run `holdfast train` again.") from error
    absent = [key for key in ("file", "sha256", "libraries", "version") if key not in entry]
    if absent:
        raise TamperedModelError(f"{path.name} lacks {', '.join(absent)}.", hint="Run `holdfast train` again.")
    return dict(entry)


def write_json(path: Path, value: Any) -> None:
    """Put plain values in place of ``path`` in one step."""
    _replace(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def load_champion(directory: Path) -> ChurnModel:
    """The champion, after every check. Raises a ModelFileError that says which one failed."""
    return load_model(directory, champion_entry(directory))


def load_model(directory: Path, entry: dict[str, Any]) -> ChurnModel:
    """The model that ``entry`` (as save_model returned it) describes."""
    from skops import io as skops_io

    from models.churn import ChurnModel

    data = _verified(directory, entry)
    _same_libraries(entry)
    asked = set(skops_io.get_untrusted_types(data=data)) - set(ALLOW)
    if asked:
        raise TamperedModelError(
            f"Model file {entry['file']} asks for types that no churn model has: {', '.join(sorted(asked))}.",
            hint="It was not written by Holdfast; it stays closed. Run `holdfast train` again.",
        )
    model = skops_io.loads(data, trusted=list(ALLOW))
    if not isinstance(model, ChurnModel) or model.version != entry["version"]:
        raise TamperedModelError(f"Model file {entry['file']} does not hold version {entry['version']}.")
    return model


def libraries() -> dict[str, str]:
    """Installed versions of the libraries that decide what a model file means."""
    return {name: version(name) for name in LIBRARIES}


def _verified(directory: Path, entry: dict[str, Any]) -> bytes:
    """The file's bytes, if its name is plain and its hash the written one."""
    name = str(entry["file"])
    if name != Path(name).name or not name.endswith(".skops"):
        raise TamperedModelError(f"{CHAMPION} names the file {name!r}; only a .skops file beside it is valid.")
    path = directory / name
    if not path.is_file():
        raise NoChampionError(f"Model file {name} is missing.", hint="Restore it or run `holdfast train` again.")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != entry["sha256"]:
        raise TamperedModelError(
            f"Model file {name} has sha256 {found}; {entry['sha256']} was written.",
            hint="It was swapped or altered and stays closed. Restore it or run `holdfast train` again.",
        )
    return data


def _same_libraries(entry: dict[str, Any]) -> None:
    if entry.get("format") != FORMAT:
        raise LibraryError(
            f"The model was saved in format {entry.get('format')}; this Holdfast reads format {FORMAT}.",
            hint="Run `holdfast train` again.",
        )
    saved, here = entry["libraries"], libraries()
    other = [name for name in LIBRARIES if saved.get(name) != here[name]]
    if other:
        raise LibraryError(
            *(f"The model was saved with {name} {saved.get(name)}; {here[name]} is installed." for name in other),
            hint="Install the locked dependencies, or run `holdfast train` again.",
        )


def _replace(path: Path, data: bytes) -> None:
    """Write beside, flush to disk, then rename: readers see the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
