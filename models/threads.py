"""One BLAS thread for everything that must come out the same on every machine.

Logistic regression was seen to change between one and two BLAS threads; the tree learner is deterministic by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  (its BLAS must be loaded to be found)

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within the block linear algebra runs on one thread."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
