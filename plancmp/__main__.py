"""`python -m plancmp`."""

from .cli import run

run()
