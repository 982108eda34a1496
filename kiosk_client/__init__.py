"""The web pages. `PAGES` is the built folder that signaling serves: `pages/*.html` and `assets/*`.

Built by `make pages` and committed, so that running needs no Node.
"""

from importlib.resources import files
from pathlib import Path

PAGES = Path(str(files(__package__) / "dist"))
