"""Sources of settings: the environment, and `.env`."""

import os
from pathlib import Path

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parents[2]

env = Environment()
ENV_FILE = Path(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
_inherited = set(os.environ)
env.read_env(ENV_FILE)
# Variables that only the file sets: a development server that restarts itself must read them anew (runserver).
ENV_FILE_NAMES = frozenset(os.environ) - _inherited
