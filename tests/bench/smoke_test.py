"""The harness of the benchmarks works: every figure is taken once in a tiny size. Nothing is measured here."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import place  # noqa: E402
import report  # noqa: E402


def loop_devices():
    return subprocess.run(["losetup", "--list", "--noheadings", "--output", "BACK-FILE"], capture_output=True, text=True,
                          check=True).stdout


class Report(unittest.TestCase):
    def test_the_median_is_judged_by_goal_and_ambition(self):
        for values, verdict in (([1.0, 1.04, 9], "met, ambition too"), ([1.2, 1.3, 1.3], "met"), ([1.0, 1.31, 2], "missed")):
            figure = report.Figure("memory", "of nginx", values, report.at_most(1.3), report.at_most(1.05))
            self.assertEqual(figure.verdict, verdict)
        self.assertEqual(report.Figure("rate", "1/s", [9, 10, 11], report.at_least(10)).verdict, "met")
        self.assertEqual(report.Figure("size", "MB", [5]).verdict, "")

    def test_what_could_not_be_measured_is_missed_and_stands_in_the_table(self):
        figure = report.Figure.unmeasured("dispatch", "no agent")
        self.assertEqual(figure.verdict, "missed")
        self.assertIn("not measured: no agent", report.table([figure]))

    def test_a_percentile_is_one_of_the_values(self):
        self.assertEqual(report.percentile(range(1, 101), 50), 50)
        self.assertEqual(report.percentile(range(1, 101), 99), 99)
        self.assertEqual(report.percentile([7], 99), 7)

    def test_numbers_keep_three_digits_that_count(self):
        self.assertEqual([report.number(value) for value in (0, 0.25, 12.345, 30000, None)],
                         ["0", "0.25", "12.3", "30,000", ""])


class Place(unittest.TestCase):
    def test_nothing_is_left_of_a_place_whose_user_failed(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(KeyboardInterrupt, "enough"):
                with place.Place(folder, 64 << 20, must_mount=False) as made:
                    (made.fresh("agent") / "file").write_bytes(b"x")
                    raise KeyboardInterrupt("enough")
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])
            self.assertNotIn(folder, loop_devices())


class Smoke(unittest.TestCase):
    """One test for each module of figures/, made below."""

    def take(self, name):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "figures.json"
            done = subprocess.run([sys.executable, HERE / "run.py", "--smoke", "--only", name, "--json", out, "--directory",
                                   folder], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            document = json.loads(out.read_text())
            self.assertTrue(document["figures"])
            for figure in document["figures"]:
                self.assertIsNotNone(figure["value"], figure)
                self.assertIn(figure["figure"], done.stdout)
            for fact in ("machine", "commit", "load", "file_system", "bare_fdatasync_ms", "bare_spawn_ms"):
                self.assertIn(fact, document["facts"])
            self.assertNotIn(folder, loop_devices())


for module in sorted((HERE / "figures").glob("*.py")):
    setattr(Smoke, f"test_{module.stem}_is_taken", lambda self, name=module.stem: self.take(name))


if __name__ == "__main__":
    unittest.main()
