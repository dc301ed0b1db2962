"""scripts/demo, as a newcomer runs it, with the programs that were built."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PATIENCE_S = 200


def processes_that_mention(text):
    """Ids of the processes whose command line or first environment holds the text."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
        if text.encode() in known:
            found.append(process.name)
    return found


class Demo(unittest.TestCase):
    def setUp(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="demo-test-"))
        self.addCleanup(shutil.rmtree, self.path, ignore_errors=True)
        self.output = self.path / "output"
        self.temporary = self.path / "tmp"
        self.temporary.mkdir()

    def start(self, *arguments, **environment):
        environment = os.environ | {"DEMO_BIN": os.environ["SLIPWAY_BIN"], "TMPDIR": str(self.temporary)} | environment
        with open(self.output, "wb") as output:
            process = subprocess.Popen([ROOT / "scripts/demo", *arguments], stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=output, env=environment, start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE_S)

    def said(self):
        return self.output.read_text(errors="replace")

    def wait_for_line(self, process, text):
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.said():
            self.assertIsNone(process.poll(), self.said())
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.005)

    def assert_nothing_is_left(self):
        self.assertEqual(list(self.temporary.iterdir()), [], self.said())
        directory = re.search(r"Everything lies in (\S+)\.\n", self.said())[1]
        self.assertTrue(directory.startswith(str(self.temporary)), directory)
        self.assertEqual(processes_that_mention(directory), [])

    def test_the_demo_shows_what_it_promises_and_leaves_nothing_behind(self):
        process = self.start()
        self.assertEqual(process.wait(PATIENCE_S), 0, self.said())
        said = self.said()
        for line in [
            "   | Enrolled as demo ",
            "   The agent is online, and has found nginx on this machine by itself.",
            "   | Pushed docs 3.11 (",
            "   | Pushed docs 3.11.1 (",
            "   | current leads to releases/3.11\n",
            "   | nginx was started\n",
            " lives on after its job and serves version 3.11, byte for byte as packaged.",
            "   | current leads to releases/3.11.1\n",
            "   | nginx was told to reload\n",
            "   | <p><strong>This page was edited for version 3.11.1 of the Slipway demo.</strong></p>",
            'unknown directive "lissten"',
            ' failed (exit_code): Task 2 "Check it": exit code 1: ',
            "and the site still serves version 3.11.1.",
            " canceled (canceled_by_user)",
            "   None of them is alive, ",
            "   All steps were as promised, in ",
        ]:
            self.assertIn(line, said)
        self.assertNotIn("took the new configuration", said)
        self.assertLess(int(re.search(r"as promised, in (\d+) s", said)[1]), 120)
        self.assert_nothing_is_left()

    def test_ctrl_c_in_the_middle_of_a_job_leaves_nothing_behind(self):
        process = self.start()
        self.wait_for_line(process, "   Its processes:\n")
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 130, self.said())
        self.assertIn("demo: interrupted, ending what it started", self.said())
        self.assert_nothing_is_left()

    def test_a_step_that_is_not_as_promised_ends_the_demo_with_a_message(self):
        bin_directory = self.path / "bin"
        bin_directory.mkdir()
        for name in ("slipway", "slipway-agent"):
            (bin_directory / name).symlink_to(pathlib.Path(os.environ["SLIPWAY_BIN"]) / name)
        process = self.start(DEMO_BIN=str(bin_directory))
        self.assertEqual(process.wait(PATIENCE_S), 1)
        self.assertIn(f"demo: there is no program {bin_directory}/slipway-coordinator", self.said())

        (bin_directory / "slipway-coordinator").write_text("#!/bin/sh\necho this one cannot serve >&2\nexit 1\n")
        (bin_directory / "slipway-coordinator").chmod(0o755)
        process = self.start(DEMO_BIN=str(bin_directory))
        self.assertEqual(process.wait(PATIENCE_S), 1)
        self.assertIn("demo: the coordinator has ended\n", self.said())
        self.assertIn("   | this one cannot serve\n", self.said())
        self.assert_nothing_is_left()

    def test_an_unknown_option_is_refused(self):
        process = self.start("--kepp")
        self.assertEqual(process.wait(PATIENCE_S), 2)
        self.assertEqual(self.said(), "usage: scripts/demo [--keep]\n")


if __name__ == "__main__":
    unittest.main()
