"""Runs Python test files (unittest) and reports them the way scripts/test counts: one line per test on the way, and
'N passed, N failed, N skipped' as the last line.

    python3 tests/run_python.py FILE_OR_DIRECTORY...     a directory stands for its *_test.py
"""

import pathlib
import importlib.util
import sys
import unittest


class Result(unittest.TextTestResult):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def load(path):
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    suite = unittest.TestSuite()
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        for file in sorted(path.glob("*_test.py")) if path.is_dir() else [path]:
            suite.addTests(load(file))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
    # Failures of setUpClass or of a subtest belong to no passed test, so they are counted by themselves.
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    passed = result.passed + len(result.expectedFailures)
    print(f"{passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
