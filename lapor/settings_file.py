"""The text of config.yaml and of variables, read as YAML. What the names mean is the business of settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Refuses a name that stands twice, of which plain YAML keeps the last; leaves days as text for `fields.Date`."""

    yaml_constructors = yaml.SafeLoader.yaml_constructors | {
        "tag:yaml.org,2002:timestamp": yaml.SafeLoader.construct_yaml_str
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if names.count(key.value) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key.value} stands there twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def read(env: Mapping[str, str], cwd: Path, faults: list[str]) -> tuple[Path | None, dict[str, Any]]:
    """The file that the environment names, else config.yaml, and what it says; what is wrong is added to `faults`."""
    named = env.get("LAPOR_CONFIG") or "config.yaml"
    file = (cwd / named).resolve()
    if not env.get("LAPOR_CONFIG") and not file.exists():
        return None, {}
    try:
        tree = _Loader(file.read_text(encoding="utf-8")).get_single_data() or {}
        if isinstance(tree, dict):
            return file, tree
        faults.append(f"{named}: must be names with values")
    except yaml.MarkedYAMLError as found:
        line = found.problem_mark.line + 1 if found.problem_mark else 1
        faults.append(f"{named}:{line}: cannot be read as YAML: {found.problem}")
    except (OSError, ValueError, yaml.YAMLError) as found:
        faults.append(f"{named}: cannot be read: {str(found).splitlines()[0]}")
    return file, {}


def typed(text: str) -> object:
    """The value that a variable means; text that is no YAML is left as it is."""
    with suppress(yaml.YAMLError):
        return _Loader(text).get_single_data()
    return text
