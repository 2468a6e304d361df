"""Progress on stderr of long operations, with the time left."""

from __future__ import annotations

import sys
import time

import click

# Fewer plans or pairs of plans are done before anybody could read a progress line.
_LEAST_TOTAL = 20
# Elsewhere than on a terminal a line says that texts are embedded from this many on, which take some ten seconds.
_LEAST_TEXTS = 2_000


class _EmbeddingProgress:
    """Progress of an embedding, with the time left: one line on a terminal's stderr, cleared at the end, or
    else one line where there are many texts.
    """

    _first: tuple[float, float] | None = None

    def __call__(self, done: int, total: int, share: float) -> None:
        if not sys.stderr.isatty():
            if done == 0 and total >= _LEAST_TEXTS:
                click.echo(f"plancmp: embedding texts once, {total:,} in all", err=True)
            return
        words = f"embedding {done:,} of {total:,} texts"
        if done == 0:
            self._first = None
        elif self._first is None:
            # Measured from the first chunk on: the time to load the model says nothing about the rest.
            self._first = time.monotonic(), share
        else:
            since, before = self._first
            words += f", about {_duration((time.monotonic() - since) * (1 - share) / (share - before))} left"
        click.echo("\r\x1b[K" + (words if done < total else ""), err=True, nl=False)


def _duration(seconds: float) -> str:
    """Roughly how long, in words: 40 s, 2 min, 1.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


embedding = _EmbeddingProgress()


def working(what: str, done: int, total: int) -> None:
    """Progress of reading and comparing many plans: a counter on a terminal's stderr, one line elsewhere."""
    if total < _LEAST_TOTAL:
        return
    if sys.stderr.isatty():
        click.echo(f"\r{what} {done}/{total}", err=True, nl=done >= total)
    elif done == 0:
        click.echo(f"plancmp: {what} once, {total} in all", err=True)
