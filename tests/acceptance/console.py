"""What documents show is run: blocks of `sh` in one shell, blocks with `file=NAME` written down beforehand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.acceptance.government import LAPOR, Government

VARIABLE = {
    r"20\d\d(-[0-9A-Z]{4}){2}-[0-9A-Z*~$=]": "NUMBER",
    r"lapor_[or]_[0-9A-Za-z_-]+": "SECRET",
    r"20\d\d-\d\d-\d\dT[0-9:.]+Z": "MOMENT",
    r"[A-Z][a-z]+day \d+ [A-Z][a-z]+ 20\d\d, \d\d:\d\d": "DAY",
}


def examples(text: str) -> list[tuple[str, str]]:
    """The blocks of `sh`, each with the output that is shown in the block of `text` right below it.

    Raises:
        ValueError: an output belongs to no commands, or commands have prompts, which cannot be pasted.
    """
    found = re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", text, re.DOTALL | re.MULTILINE)
    if sum(bool(output) for _, output in found) != len(re.findall(r"^```(?:text|console)$", text, re.MULTILINE)):
        raise ValueError("an output belongs to no commands")
    if prompts := [line for commands, _ in found for line in commands.splitlines() if line.startswith(("$ ", "> "))]:
        raise ValueError(f"prompts cannot be pasted: {prompts}")
    return [(commands.rstrip("\n"), output.rstrip("\n")) for commands, output in found]


def differences(government: Government, document: Path) -> list[tuple[str, str, str]]:
    """Each block of a document that prints something else than stands there: what it prints, and what stands."""
    text = document.read_text(encoding="utf-8")
    for name, content in re.findall(r"```\w+ file=(\S+)\n(.*?)```", text, re.DOTALL):
        (government.folder / name).write_text(content, encoding="utf-8")
    wanted = examples(text)
    printed = _shown(government, [command for command, _ in wanted])
    pairs = zip(wanted, printed, strict=True)
    return [(command, output, told) for (command, told), output in pairs if _steady(output) != _steady(told)]


def _shown(government: Government, commands: list[str]) -> list[str]:
    """What each block prints, all run in one shell, which finds `lapor` and its address only as the document says."""
    marked = "\n".join(f"{command}\nprintf '\\0'" for command in commands)
    path = [each for each in government.env["PATH"].split(":") if each != str(Path(LAPOR).parent)]
    env = {**government.env, "PATH": ":".join(path), "LAPOR_WORKFLOWS": "workflows"}
    script = f"set -e\ncd {government.folder}\n{marked}"
    run = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stderr) == (0, ""), f"{run.stderr}\n{run.stdout}"
    return [output.strip("\n") for output in run.stdout.split("\0")[:-1]]


def _steady(text: str) -> str:
    """The text without what is different each time."""
    for pattern, name in VARIABLE.items():
        text = re.sub(pattern, name, text)
    return text
