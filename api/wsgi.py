"""What a WSGI server calls: `api.wsgi:application()` under gunicorn, `--factory api.wsgi:application` under granian."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from api.app import create_app
from lapor import settings
from lapor.site import open_site


def application() -> Flask:
    """The application of the settings that the environment names. Definitions are stored beforehand, not here.

    Raises:
        CannotRun: the settings have faults, or the folder for data cannot be written.
    """
    return create_app(open_site(settings.load(os.environ, Path.cwd())))
