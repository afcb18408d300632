"""A YAML file as a page: mappings opened key by key, names resolved, every fault with its line. Knows no workflow.

Scalars are taken literally, so that what YAML 1.1 makes of on, off, yes, no and a bare = can do no harm.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import yaml

from lapor.errors import DefinitionUnreadable
from lapor.machine.budget import Budget, Unit
from lapor.machine.definition import Fault

# the parser written in C reads the same, ten times as fast; not every platform has it
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
# stands in for a budget that cannot be read, so that the proofs do not miss a clock that is there
SOME = Budget(1, Unit.WORKING_DAYS)
# names that a case is led by; without them a proof cannot tell where it goes
_LEADS = ("state", "move", "role")


def compose(text: str, file: str) -> yaml.Node:
    """Parse YAML into nodes, which know their lines; an empty file is an empty text.

    Raises:
        DefinitionUnreadable: the text is not YAML.
    """
    try:
        return yaml.compose(text, Loader=_LOADER) or yaml.ScalarNode("", "")
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise DefinitionUnreadable(f"{file} is not YAML: {' '.join(str(error).split())}") from error


def line_of(node: yaml.Node) -> int:
    """The line at which a node starts, from 1."""
    return int(node.start_mark.line) + 1


class Page:
    """One file: its faults so far, and the names of each kind that may be used; None: any, since nothing says.

    `whole`: enough can be read for the proofs, which else would judge what nobody wrote.
    """

    def __init__(self, file: str, known: Mapping[str, Collection[str] | None]) -> None:
        self.file = file
        self.known = dict(known)
        self.faults: list[Fault] = []
        self.whole = True

    def fault(self, line: int, code: str, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.file, line, code, message))

    def resolve(self, kind: str, name: str, line: int) -> bool:
        """Whether there is such a name; a fault if not."""
        known = self.known[kind]
        if known is None or name in known:
            return True
        close = difflib.get_close_matches(name, known, 1, 0.7)
        instead = f"did you mean {close[0]}?" if close else f"allowed: {', '.join(sorted(known)) or 'none'}"
        self.fault(line, "unknown-name", f"there is no {kind} {name!r}; {instead}")
        return False

    def budget(self, text: str, line: int) -> Budget:
        """Read a budget; a fault and a stand-in if it is none."""
        try:
            return Budget.parse(text)
        except ValueError as error:
            self.fault(line, "bad-budget", str(error))
            return SOME


class Entry:
    """One mapping of the page, opened: every key once, with its line and its value. `keys` None: the keys are names.

    `missing`: there is no mapping (`node` None: and need not be). `odd`: something in it does not belong there.
    `strayed`: something in it leads to what is not there.
    """

    def __init__(
        self, page: Page, title: str, line: int, node: yaml.Node | None, keys: Sequence[str] | None = None
    ) -> None:
        self.page, self.title, self.line = page, title, line
        self.found: dict[str, tuple[int, yaml.Node]] = {}
        self.odd = self.strayed = False
        self.missing = not isinstance(node, yaml.MappingNode)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._keep(key, value, keys)
        elif node is not None:
            self.reject(line, f"{title} must be a mapping of keys to values")

    def _keep(self, key: yaml.Node, value: yaml.Node, keys: Sequence[str] | None) -> None:
        name, line = key.value if isinstance(key, yaml.ScalarNode) else "", line_of(key)
        if name in self.found:
            self.page.fault(line, "duplicate", f"{self.title} has {name} twice, first in line {self.found[name][0]}")
        elif keys is None and not re.fullmatch(_NAME, name):
            self.reject(line, f"{self.title}: a name has letters, digits, _ and -, and starts with a letter")
        elif keys is not None and name not in keys:
            self.reject(line, f"{self.title} has no key {name!r}; allowed: {', '.join(keys)}")
        elif keys is not None and value.value == "":
            self.reject(line, f"{name} of {self.title} is empty")
        else:
            self.found[name] = (line, value)

    def reject(self, line: int, message: str) -> None:
        """Note that the shape is wrong."""
        self.odd = True
        self.page.fault(line, "bad-shape", message)

    def require(self, *keys: str) -> None:
        """Name the keys that are missing or empty, unless an odd key may stand for one of them."""
        for key in keys:
            node = self.found[key][1] if key in self.found else None
            is_missing = node is None or (isinstance(node, yaml.SequenceNode) and not node.value)
            if is_missing and not self.odd:
                self.strayed = True
                self.page.fault(self.line, "bad-shape", f"{self.title} needs {key}")

    def has(self, *keys: str) -> bool:
        """Whether all these keys are there."""
        return all(key in self.found for key in keys)

    def line_at(self, key: str) -> int:
        """The line of the value under a key."""
        return line_of(self.found[key][1])

    def text(self, key: str) -> str | None:
        """The literal text under a key; None where it is absent or no text."""
        return self._scalar(key, self.found[key][1]) if key in self.found else None

    def _scalar(self, key: str, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.value:
            return str(node.value)
        self.strayed = True
        self.page.fault(line_of(node), "bad-shape", f"{key} of {self.title} must be a text")
        return None

    def name(self, key: str, kind: str) -> str | None:
        """The name under a key, an unknown one too; None where it is absent or no text."""
        text = self.text(key)
        if text is not None and not self.page.resolve(kind, text, self.line_at(key)):
            self.strayed |= kind in _LEADS
        return text

    def names(self, key: str, kind: str, *, alone: bool = False) -> dict[str, int]:
        """The names in a list and their lines, unknown ones too; `alone`: one needs no list."""
        if key not in self.found:
            return {}
        node = self.found[key][1]
        listed = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not isinstance(node, yaml.SequenceNode) and not alone:
            self.page.fault(line_of(node), "bad-shape", f"{key} of {self.title} must be a list")
        named: dict[str, int] = {}
        for item in listed:
            self._add(named, key, kind, item)
        return named

    def _add(self, named: dict[str, int], key: str, kind: str, item: yaml.Node) -> None:
        name, line = self._scalar(key, item), line_of(item)
        if name in named:
            self.page.fault(line, "duplicate", f"{key} of {self.title} names {name} twice")
        elif name is not None:
            named[name] = line
            self.strayed |= not self.page.resolve(kind, name, line) and kind in _LEADS

    def choice(self, key: str, *allowed: str) -> str | None:
        """One of the texts allowed; None where the key is absent or has another."""
        text = self.text(key)
        if text is None or text in allowed:
            return text
        self.strayed = True
        message = f"{key} of {self.title} is {' or '.join(allowed)}, not {text!r}"
        self.page.fault(self.line_at(key), "bad-shape", message)
        return None

    def flag(self, key: str) -> bool:
        """Whether the text under a key is true."""
        text = self.text(key)
        if text not in (None, "true", "false"):
            message = f"{key} of {self.title} is true or false, not {text!r}"
            self.page.fault(self.line_at(key), "bad-shape", message)
        # what YAML 1.1 calls true is refused, but meant
        return text not in (None, "false", "no", "off")

    def number(self, key: str, least: int) -> int:
        """The whole number under a key; `least` where it is absent or none."""
        text = self.text(key) or str(least)
        if re.fullmatch(r"[0-9]{1,9}", text) and int(text) >= least:
            return int(text)
        message = f"{key} of {self.title} is a whole number from {least}, not {text!r}"
        self.page.fault(self.line_at(key), "bad-shape", message)
        return least

    def budget(self, key: str) -> Budget:
        """The budget under a key, or a stand-in."""
        text = self.text(key)
        return self.page.budget(text, self.line_at(key)) if text else SOME

    def entry(self, key: str, keys: Sequence[str] | None = None) -> Entry:
        """The mapping under a key, opened; without anything where the key is absent."""
        line, node = self.found.get(key, (self.line, None))
        return Entry(self.page, f"{key} of {self.title}", line, node, keys)

    def entries(self, kind: str, keys: Sequence[str]) -> Iterator[tuple[str, Entry]]:
        """Every mapping in this one, opened, with its name."""
        for name, (line, node) in self.found.items():
            yield name, Entry(self.page, f"the {kind} {name}", line, node, keys)
