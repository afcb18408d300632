"""`lapor webhook`, and the how-to for agencies: its app in Python's standard library and its commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lapor import scheduler
from lapor.records import WebhookDelivery
from lapor.site import Site
from tests.acceptance.console import examples
from tests.hookserver import free_port, running
from tests.integration.town import Town

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/connect-an-agencys-own-app.md").read_text(encoding="utf-8")
# what a command says has nothing to do with the kind of database, and each takes a second to start
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"])
SECRET = r"whsec_[A-Za-z0-9+/]{43}="


class Shell:
    """Runs commands in the deployment of a town."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LAPOR_DATABASE_URL": town.site.database.url.render_as_string(hide_password=False),
            "LAPOR_VAR": str(folder),
            "LAPOR_WEBHOOKS__ALLOW_PRIVATE": "true",
            "LAPOR_WEBHOOKS__TIMEOUT_SECONDS": "2",
        }

    def __call__(self, command: str) -> tuple[int, str]:
        """The exit code, and what was printed or said."""
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return ran.returncode, (ran.stdout + ran.stderr).strip()

    def json(self, command: str) -> Any:
        code, said = self(command)
        assert code == 0, said
        return json.loads(said)

    @contextmanager
    def app(self, secret: str, port: int) -> Iterator[subprocess.Popen[str]]:
        """The app of the how-to, listening."""
        (script,) = re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL)
        env = {**self.env, "WEBHOOK_SECRET": secret, "PORT": str(port)}
        with subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, text=True) as started:
            try:
                assert started.stdout
                assert started.stdout.readline() == "listening\n"
                yield started
            finally:
                started.terminate()


@pytest.fixture
def shell(town: Town, tmp_path: Path) -> Shell:
    return Shell(town, tmp_path)


@ON_ONE
def test_every_command_of_the_how_to_prints_what_stands_there(shell: Shell) -> None:
    port = free_port()
    (register, registered), *others = examples(HOW_TO.replace("8000", str(port)))
    code, said = shell(register)
    assert (code, re.sub(SECRET, "whsec_SECRET", said)) == (0, registered.strip())
    with shell.app(said.splitlines()[-1], port) as app:
        printed = [shell(command) for command, _ in others]
        assert app.stdout
        heard = json.loads(app.stdout.readline())
    assert printed == [(0, output.strip()) for _, output in others]
    assert (heard["type"], heard["data"]) == ("lapor.test", {})


@ON_ONE
def test_the_app_of_the_how_to_refuses_what_we_did_not_sign(shell: Shell) -> None:
    port = free_port()
    shell.json(f"lapor webhook add --unit pu --url http://127.0.0.1:{port}/ --json")
    other = shell.json("lapor webhook add --unit pu --url http://127.0.0.1:1/ --json")
    with shell.app(other["secret"], port):
        assert shell("lapor webhook test 1") == (1, "The message was not taken: the app said 401.")


def test_what_was_given_up_is_listed_and_sent_again_by_command(shell: Shell, town: Town) -> None:
    with running() as server:
        shell.json(f"lapor webhook add --unit pu --url {server.url!r} --event complaint.moved --json")
        with town.site.reading() as session:
            hearing = Town(town.site, town.site.engine(session))
        cases = [hearing.case_in("disposed") for _ in range(2)]
        town.execute(update(WebhookDelivery).values(state="dead", attempts=76, fault="the app said 500"))
        dead = shell.json("lapor webhook dead --json")
        assert dead == [
            {
                "id": n,
                "webhook": 1,
                "message": f"msg_1_{case.number}_2",
                "event": "complaint.moved",
                "created_at": "2026-07-06T02:00:00+00:00",
                "attempts": 76,
                "fault": "the app said 500",
            }
            for n, case in enumerate(cases, 1)
        ]
        assert shell("lapor webhook resend 1") == (0, "1 to be sent again.")
        assert shell("lapor webhook resend --all") == (0, "1 to be sent again.")
        assert (shell.json("lapor webhook dead --json"), shell.json("lapor webhook list --json")[0]["waiting"]) == (
            [],
            2,
        )
        assert server.taken == []
        scheduler.hooks_once(_trying_out(town))
        assert server.ids == [each["message"] for each in dead]


def _trying_out(town: Town) -> Site:
    rules = replace(town.site.settings.webhooks, allow_private=True)
    return replace(town.site, settings=replace(town.site.settings, webhooks=rules))


REFUSED = {
    "add --unit nowhere --url http://127.0.0.1/": "lapor: --unit: there is no unit with the code 'nowhere'.",
    "add --unit pu --url ftp://127.0.0.1/": (
        "lapor: Some fields are not as they must be. url: Must be an http or https address in ASCII, "
        "without a user and without a #fragment."
    ),
    "remove 7": "lapor: There is no active webhook 7: see `lapor webhook list`.",
    "test 7": "lapor: There is no webhook 7: see `lapor webhook list`.",
    "resend": "lapor: Name the ID of one message, or --all.",
    "resend 7 --all": "lapor: Name the ID of one message, or --all.",
    "resend 7": "lapor: No message 7 was given up to an active webhook: see `lapor webhook dead`.",
}


@ON_ONE
def test_a_command_that_cannot_run_says_why_in_a_line(shell: Shell) -> None:
    assert {command: shell(f"lapor webhook {command}") for command in REFUSED} == {
        command: (2, said) for command, said in REFUSED.items()
    }


@ON_ONE
def test_people_are_shown_tables(shell: Shell) -> None:
    shell("lapor webhook add --unit pu --url http://127.0.0.1:9/")
    code, said = shell("COLUMNS=120 lapor webhook list && COLUMNS=120 lapor webhook dead")
    assert (code, re.findall(r"^\d+ .*\S", said, re.MULTILINE)) == (0, ["1 webhooks", "0 given up"])
