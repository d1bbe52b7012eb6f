"""``make bench-models``: ours beside well-known learners, the same rows and features for all.

Each foreign set is ingested and tabulated by its configuration in ``examples/``, the demo by its own. Everybody learns
from the training cutoffs of the last fold and is asked about that fold alone. Seconds are those of learning and asking.
What a learner answered is kept in ``--folder``, so that a run that was interrupted goes on where it stopped; the
document is written anew after each.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.companies import DEMO, configured, there_are
from benchmarks.learners import Learner, PeerError, learners
from benchmarks.models_report import Answer, Compared, document
from benchmarks.panels import training
from models.fits import Fits, FitStore
from models.panel import Panel
from models.walk import usable_folds

SETS = ("novacrm", "churnsim", "relax", "interconnect", DEMO)
DOCUMENT = Path("docs/benchmark-models.md")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", nargs="*", default=list(SETS), help="names in examples/, and demo")
    options.add_argument("--seconds", type=float, default=600, help="limit for AutoGluon on each set; 0: without it")
    options.add_argument("--folder", type=Path, default=Path("workspace/bench-models"), help="what is kept")
    options.add_argument("--document", type=Path, default=DOCUMENT)
    asked = options.parse_args()
    done: list[Compared] = []
    for name in there_are(asked.sets):
        for compared in _compared(name, asked.folder / name, asked.seconds):
            asked.document.write_text(document([*done, compared], asked.seconds))
        done.append(compared)


def _compared(name: str, folder: Path, seconds: float) -> Iterator[Compared]:
    """One set, after each learner that has answered."""
    panel, settings = training(configured(name, folder), folder)
    fits = FitStore(folder / "answers", "").of(panel, settings)
    fold = usable_folds(panel, settings)[0][-1]
    past, later = panel.at(fold.train), panel.at(fold.validation)
    answers: list[Answer] = []
    for learner in learners(settings, seconds):
        answers.append(answer(learner, past, later, fits))
        print(f"{name}: {answers[-1].told}", file=sys.stderr, flush=True)
        yield Compared(name, past, later, settings, tuple(answers))


def answer(learner: Learner, past: Panel, later: Panel, fits: Fits) -> Answer:
    """What a learner says of the later rows, or what was kept of it; a failure is told and tried again next time."""
    kept = fits.get(learner.name, learner.text)
    if kept is None:
        start = time.perf_counter()
        try:
            z = learner.learn(past, later.X)
        except PeerError as error:
            return Answer(learner.name, None, time.perf_counter() - start, str(error))
        kept = z, {"seconds": time.perf_counter() - start}
        fits.put(*kept, learner.name, learner.text)
    return Answer(learner.name, kept[0], kept[1]["seconds"])


if __name__ == "__main__":
    main()
