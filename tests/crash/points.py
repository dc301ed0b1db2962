"""The crash points as the sources name them."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = ("slipway", "slipway-agent", "slipway-coordinator")


def in_sources():
    """Name to file:line."""
    found = {}
    for folder in ("platform", "coordinator", "agent", "tasks"):
        for file in sorted((ROOT / folder).rglob("*.cpp")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for name in re.findall(r'CRASH_POINT\("([^"]+)"\)', line):
                    place = f"{file.relative_to(ROOT)}:{number}"
                    if name in found:
                        raise ValueError(f"{name} stands twice: {found[name]} and {place}")
                    found[name] = place
    return found


def in_program(file, names):
    content = pathlib.Path(file).read_bytes()
    return sorted(name for name in names if name.encode() in content)
