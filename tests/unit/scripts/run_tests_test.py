"""scripts/run-tests adds up what tests report, and no test can talk itself out of a failure."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "run-tests"
loader = importlib.machinery.SourceFileLoader("run_tests", str(SCRIPT))
run_tests = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
loader.exec_module(run_tests)

ALL_PASSED = "====\nAll tests passed (123 assertions in 5 test cases)\n\n"
SOME_FAILED = "====\ntest cases:  5 |  3 passed | 2 failed\nassertions: 25 | 23 passed | 2 failed\n\n"


def counts(outcome):
    return outcome.passed, outcome.failed, outcome.skipped


class Counting(unittest.TestCase):
    def test_catch2_test_cases_are_counted(self):
        self.assertEqual(counts(run_tests.count_catch2(ALL_PASSED, 0)), (5, 0, 0))
        self.assertEqual(counts(run_tests.count_catch2(SOME_FAILED, 2)), (3, 2, 0))

    def test_one_catch2_test_case_is_counted(self):
        text = "All tests passed (1 assertion in 1 test case)\n"
        self.assertEqual(counts(run_tests.count_catch2(text, 0)), (1, 0, 0))

    def test_a_catch2_program_that_ends_badly_after_all_passed_has_failed(self):
        self.assertEqual(counts(run_tests.count_catch2(ALL_PASSED, -11)), (5, 1, 0))

    def test_a_catch2_program_without_a_test_case_has_failed(self):
        self.assertEqual(counts(run_tests.count_catch2("No tests ran\n", 0)), (0, 1, 0))

    def test_a_script_counts_as_one(self):
        self.assertEqual(counts(run_tests.count_script("fine\n", 0)), (1, 0, 0))
        self.assertEqual(counts(run_tests.count_script("", 0)), (1, 0, 0))
        self.assertEqual(counts(run_tests.count_script("broken\n", 3)), (0, 1, 0))

    def test_the_last_line_of_a_script_is_added(self):
        self.assertEqual(counts(run_tests.count_script("a\n4 passed, 1 failed, 2 skipped\n", 1)), (4, 1, 2))

    def test_a_script_that_says_passed_and_ends_badly_has_failed(self):
        self.assertEqual(counts(run_tests.count_script("4 passed, 0 failed, 0 skipped\n", 1)), (4, 1, 0))

    def test_a_script_that_ran_nothing_has_failed(self):
        self.assertEqual(counts(run_tests.count_script("0 passed, 0 failed, 0 skipped\n", 0)), (0, 1, 0))


class Running(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = pathlib.Path(self.directory.name)

    def declare(self, *lines):
        (self.path / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")

    def run_all(self, *arguments):
        result = subprocess.run([sys.executable, SCRIPT, self.path, *arguments], stdout=subprocess.PIPE, text=True, timeout=60)
        return result.returncode, result.stdout.splitlines()

    def test_the_last_line_is_the_sum(self):
        self.declare('add_test(one "/bin/true")', 'add_test(two "/bin/sh" "-c" "echo 3 passed, 0 failed, 1 skipped")')
        code, lines = self.run_all()
        self.assertEqual((code, lines[-1]), (0, "4 passed, 0 failed, 1 skipped"))

    def test_the_output_of_a_failure_is_shown(self):
        self.declare('add_test(one "/bin/true")', 'add_test(two "/bin/sh" "-c" "echo the reason; exit 7")')
        code, lines = self.run_all()
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("    the reason", lines)

    def test_a_test_that_was_not_built_fails(self):
        self.declare('add_test(one "/bin/true")', f'add_test(two "{self.path}/not-there")')
        code, lines = self.run_all()
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_filter_that_matches_nothing_fails(self):
        self.declare('add_test(one "/bin/true")')
        code, lines = self.run_all("--filter", "nothing")
        self.assertEqual((code, lines[-1]), (1, "0 passed, 0 failed, 0 skipped"))

    def test_a_test_over_its_time_limit_is_stopped_with_its_children(self):
        pid_file = self.path / "pid"
        self.declare(f'add_test(slow "/bin/sh" "-c" "sleep 50 & echo $! > {pid_file}; wait")',
                     'set_tests_properties(slow PROPERTIES TIMEOUT 1)')
        start = time.monotonic()
        code, lines = self.run_all()
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))
        child = pathlib.Path("/proc", pid_file.read_text().strip(), "stat")
        self.assertTrue(not child.exists() or child.read_text().rsplit(")", 1)[1].split()[0] == "Z")


if __name__ == "__main__":
    unittest.main()
