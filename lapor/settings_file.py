"""YAML that people write: read with faults that say where. What the names mean is known elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Refuses a name that stands twice, of which plain YAML keeps the last; leaves days as text."""

    yaml_constructors = yaml.SafeLoader.yaml_constructors | {
        "tag:yaml.org,2002:timestamp": yaml.SafeLoader.construct_yaml_str
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if names.count(key.value) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key.value} stands there twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def configured(env: Mapping[str, str], cwd: Path, faults: list[str]) -> tuple[Path | None, dict[str, Any]]:
    """The file that the environment names, else config.yaml, and what it says; what is wrong is added to `faults`."""
    named = env.get("LAPOR_CONFIG") or "config.yaml"
    file = (cwd / named).resolve()
    if not env.get("LAPOR_CONFIG") and not file.exists():
        return None, {}
    return file, read(file, named, faults)


def read(file: Path, named: str, faults: list[str]) -> dict[str, Any]:
    """The names and values of a file; empty where it cannot be read, which is then among the faults.

    `named` is what the faults call the file.
    """
    try:
        tree = _Loader(file.read_text(encoding="utf-8")).get_single_data() or {}
        if isinstance(tree, dict):
            return tree
        faults.append(f"{named}: must be names with values")
    except yaml.MarkedYAMLError as found:
        line = found.problem_mark.line + 1 if found.problem_mark else 1
        faults.append(f"{named}:{line}: cannot be read as YAML: {found.problem}")
    except (OSError, ValueError, yaml.YAMLError) as found:
        faults.append(f"{named}: cannot be read: {str(found).splitlines()[0]}")
    return {}


def typed(text: str) -> object:
    """The value that a text means as YAML; text that is none is left as it is."""
    with suppress(yaml.YAMLError):
        return _Loader(text).get_single_data()
    return text


def nearest(name: object, known: Iterable[str]) -> str:
    """A question for whoever mistyped a name; empty where nothing is near."""
    near = get_close_matches(str(name), list(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""
