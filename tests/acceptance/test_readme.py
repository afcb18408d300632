"""The README's commands do what the README shows, in a deployment as `make run` leaves it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.acceptance.government import LAPOR, Government, governing

ROOT = Path(__file__).parents[2]
VARIABLE = {r"20\d\d(-[0-9A-Z]{4}){2}-[0-9A-Z*~$=]": "NUMBER"}


def examples(text: str) -> list[tuple[str, str]]:
    """The commands of all console blocks, each with the output that is shown below it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            more = next((place for place, line in enumerate(lines[1:], 1) if not line.startswith("> ")), len(lines))
            command = "\n".join([lines[0], *(line.removeprefix("> ") for line in lines[1:more])])
            found.append((command, "\n".join(lines[more:])))
    return found


def shown(government: Government, commands: list[str]) -> list[str]:
    """What each command prints, all run in one shell."""
    marked = "\n".join(f"{command}\nprintf '\\0'" for command in commands)
    env = {**government.env, "URL": government.url, "PATH": f"{Path(LAPOR).parent}:{government.env['PATH']}"}
    script = f"set -e\ncd {government.folder}\n{marked}"
    run = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stderr) == (0, "")
    return [output.strip("\n") for output in run.stdout.split("\0")[:-1]]


def steady(text: str) -> str:
    """The text without what is different each time."""
    for pattern, name in VARIABLE.items():
        text = re.sub(pattern, name, text)
    return text


def test_every_command_of_the_readme_prints_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "workflows").symlink_to(ROOT / "workflows")
    wanted = examples((ROOT / "README.md").read_text(encoding="utf-8"))
    with governing(f"sqlite:///{tmp_path}/var/lapor.sqlite3", tmp_path) as running:
        government = Government(**{**vars(running), "env": {**running.env, "LAPOR_WORKFLOWS": "workflows"}})
        printed = shown(government, [command for command, _ in wanted])
    assert [steady(output) for output in printed] == [steady(out) for _, out in wanted]
