"""gunicorn reads this by itself where it is started here without -c: what counts is in config/gunicorn.py."""

from pathlib import Path
from runpy import run_path

# Run, not imported: at a reload an import would find the module of the version before.
globals().update(run_path(str(Path(__file__).with_name("config") / "gunicorn.py")))
