"""`lapor serve` and `lapor worker`: the two processes of a deployment."""

from __future__ import annotations

import logging
import signal
import socket
from threading import Event
from types import FrameType
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from api.wsgi import application
from lapor import scheduler
from lapor.cli.here import site_here
from lapor.errors import CannotRun
from lapor.notices import wordings
from lapor.settings import Server


@click.command()
def serve() -> None:
    """Serve the API, until told to stop (SIGTERM, Ctrl-C)."""
    site = site_here()
    _require_free(site.settings.server)
    site.prepare()
    # gunicorn's processes fork: each opens connections of its own
    site.database.dispose()
    _Server(site.settings.server).run()


@click.command()
def worker() -> None:
    """Sweep due moments and send notices, until told to stop (SIGTERM, Ctrl-C)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    site = site_here()
    wordings.load(site.settings.notices.texts)
    site.prepare()
    scheduler.give_way()
    scheduler.work(site, stop)


def _require_free(server: Server) -> None:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except OSError as fault:
            raise CannotRun(
                f"{server.host}:{server.port} cannot be listened on ({fault.strerror}): "
                "end what listens there, or set LAPOR_PORT."
            ) from None


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the settings of the deployment."""

    def __init__(self, server: Server) -> None:
        self._server = server
        super().__init__()

    def load_config(self) -> None:
        """Hand over what gunicorn needs to know."""
        chosen: dict[str, Any] = {
            "bind": f"{self._server.host}:{self._server.port}",
            "workers": self._server.workers,
            "threads": self._server.threads,
            "worker_class": "gthread",
            "proc_name": "lapor serve",
            "loglevel": "warning",
            "control_socket_disable": True,
            # nobody tells the server what its scheme, host or path are; whom to believe addresses, the application knows
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, made in each process."""
        return application()
