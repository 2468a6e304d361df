"""`python -m plancmp`."""

from .cli.main import run

run()
