"""The crash points as the sources name them, and those that no scenario reaches."""

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


# Each with the reason. The test fails for one that is reached, so that the list only shrinks.
NOT_YET = {
    "blobs.reserve_release_before": "passed only when the disk is full, which needs a file system made for the test",
    "blobs.reserve_release_after": "passed only when the disk is full, which needs a file system made for the test",
}

# Scenarios that show a fault of the product which is not repaired, with what happens. They run, and one that holds fails,
# so that this list shrinks too.
BROKEN = {
    "coordinator, blobs.log_restart_before": "killed between the decision to ask for the whole log again and its truncation: "
                                             "the bytes that do not fit stay, marked log_mismatch",
    "unpacker, unpack.before_rename": "killed after a missing parent was made, the staging folder beside that parent is "
                                      "never removed: the next run looks only inside it",
}
