"""What documents show is run: console blocks in one shell, blocks with `file=NAME` written down beforehand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.acceptance.government import LAPOR, Government

VARIABLE = {
    r"20\d\d(-[0-9A-Z]{4}){2}-[0-9A-Z*~$=]": "NUMBER",
    r"lapor_[or]_[0-9A-Za-z_-]+": "SECRET",
    r"20\d\d-\d\d-\d\dT[0-9:.]+Z": "MOMENT",
}


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


def differences(government: Government, document: Path) -> list[tuple[str, str, str]]:
    """Each command of a document that prints something else than stands there: what it prints, and what stands."""
    text = document.read_text(encoding="utf-8")
    for name, content in re.findall(r"```\w+ file=(\S+)\n(.*?)```", text, re.DOTALL):
        (government.folder / name).write_text(content, encoding="utf-8")
    wanted = examples(text)
    printed = _shown(government, [command for command, _ in wanted])
    pairs = zip(wanted, printed, strict=True)
    return [(command, output, told) for (command, told), output in pairs if _steady(output) != _steady(told)]


def _shown(government: Government, commands: list[str]) -> list[str]:
    """What each command prints, all run in one shell."""
    marked = "\n".join(f"{command}\nprintf '\\0'" for command in commands)
    path = f"{Path(LAPOR).parent}:{government.env['PATH']}"
    env = {**government.env, "URL": government.url, "PATH": path, "LAPOR_WORKFLOWS": "workflows"}
    script = f"set -e\ncd {government.folder}\n{marked}"
    run = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stderr) == (0, ""), f"{run.stderr}\n{run.stdout}"
    return [output.strip("\n") for output in run.stdout.split("\0")[:-1]]


def _steady(text: str) -> str:
    """The text without what is different each time."""
    for pattern, name in VARIABLE.items():
        text = re.sub(pattern, name, text)
    return text
