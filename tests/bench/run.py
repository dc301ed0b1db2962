"""Takes the figures of tests/bench/figures and prints one table.

    python3 tests/bench/run.py [--only NAME]... [--runs N] [--json FILE] [--directory DIR] [--cache DIR]
                                [--smoke]

--only: a module of figures/, by name; may be repeated. --runs: at least so many runs of what is short (5).
--json: where the JSON file goes (build/bench/figures.json). --directory: where the loop files lie (build/bench).
--cache: what is dear to make and the same in every run (build/bench).
--smoke: tiny sizes, one run, no verdicts: proves that the harness works and measures nothing. Exit code 0: all figures
were taken, met or missed; 1: some could not be.
"""

import argparse
import dataclasses
import importlib
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIGURES = pathlib.Path(__file__).resolve().parent / "figures"
os.environ.setdefault("SLIPWAY_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(1, str(ROOT / "tests/integration"))

import place as places  # noqa: E402
import report  # noqa: E402


@dataclasses.dataclass
class Options:
    """What a figure module is told beside its place."""

    runs: int = 5
    smoke: bool = False
    bin: pathlib.Path = pathlib.Path(os.environ["SLIPWAY_BIN"])
    tools: pathlib.Path = pathlib.Path(os.environ["SLIPWAY_BIN"]).parent / "tests"  # the load generator and the like
    cache: pathlib.Path = ROOT / "build/bench"  # for what is dear to make and the same in every run

    def sized(self, real, smoke):
        """How many of something: the real number, or one that is enough to see that it works."""
        return smoke if self.smoke else real

    @property
    def server_cores(self):
        """The server gets one core and what loads it another one, where there are two."""
        return {0}

    @property
    def load_cores(self):
        return {1} if (os.cpu_count() or 1) > 1 else {0}

    def say(self, text):
        print(f"bench: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def said_by(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout.strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def machine_facts():
    changed = " with changes" if said_by("git", "status", "--porcelain", "--untracked-files=no") else ""
    return {
        "machine": f"{os.cpu_count()} x {processor()}, Linux {platform.release()}",
        "commit": said_by("git", "rev-parse", "--short=12", "HEAD") + changed,
        "load": "%.2f %.2f %.2f" % os.getloadavg(),
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def modules(only):
    known = sorted(path.stem for path in FIGURES.glob("*.py") if not path.stem.startswith("_"))
    unknown = [name for name in only if name not in known]
    if unknown:
        sys.exit(f"run.py: there is no {unknown[0]}; known: {' '.join(known)}")
    return [name for name in known if not only or name in only]


def take(names, place, options):
    figures, broken = [], False
    for name in names:
        options.say(name)
        before = os.getloadavg()[0]
        try:
            found = importlib.import_module("figures." + name).measure(place, options)
        except (KeyboardInterrupt, SystemExit):
            return figures + [report.Figure.unmeasured(name, "the run was interrupted")], True
        except Exception as error:  # one module's trouble is not the others'
            traceback.print_exc()
            found, broken = [report.Figure.unmeasured(name, str(error).splitlines()[0] if str(error) else repr(error))], True
        for figure in found:
            figure.note = "; ".join(filter(None, [figure.note, f"load {before:.1f}"]))
        figures += found
    return figures, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/figures.json")
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build/bench")
    given = parser.parse_args()
    options = Options(runs=1 if given.smoke else given.runs, smoke=given.smoke, cache=given.cache.resolve())
    names = modules(given.only)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    facts = machine_facts()
    try:
        with places.Place(given.directory, options.sized(24 << 30, 256 << 20), must_mount=not given.smoke) as place:
            facts |= place.facts(options.sized(400, 5))
            figures, broken = take(names, place, options)
    except places.Refused as error:
        sys.exit(f"run.py: the file systems of the run cannot be made (this needs root): {error}")
    facts["load_at_end"] = "%.2f %.2f %.2f" % os.getloadavg()
    if options.smoke:
        for figure in figures:
            figure.goal = figure.ambition = None
    for name, value in facts.items():
        print(f"{name:20} {value if isinstance(value, str) else report.number(value)}")
    print()
    print(report.table(figures))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    report.write_json(given.json, facts, figures)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
