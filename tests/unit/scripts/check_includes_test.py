"""scripts/check-includes finds each kind of violation, planted one at a time in a small tree that is otherwise clean."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "check-includes"
loader = importlib.machinery.SourceFileLoader("check_includes", str(SCRIPT))
check_includes = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_includes", loader))
loader.exec_module(check_includes)

CLEAN = {
    "platform/CMakeLists.txt": "slipway_library(platform/base USES Threads::Threads)\n"
                               "slipway_library(platform/json USES platform/base dep_json)\n"
                               "slipway_library(platform/os USES platform/base)\n"
                               "slipway_library(platform/net USES platform/os platform/base dep_curl)\n",
    "platform/base/result.h": "#pragma once\n#include <string>\n",
    "platform/base/crash_point.cpp": "#include <unistd.h>\n",
    "platform/json/value.h": '#pragma once\n#include "platform/base/result.h"\n#include <nlohmann/json.hpp>\n',
    "platform/os/files.h": "#pragma once\n",
    "platform/os/linux/files.cpp": '#include <unistd.h>\n#include "platform/os/files.h"\n',
    "platform/net/http_curl.cpp": '#include <curl/curl.h>\n#include "platform/os/files.h"\n',
    "coordinator/CMakeLists.txt": "slipway_library(coordinator/core USES platform/base)\n"
                                  "slipway_library(coordinator/store USES coordinator/core platform/json)\n",
    "coordinator/core/job.h": '#pragma once\n#include "platform/base/result.h"\n',
    "coordinator/store/sqlite_jobs.cpp": '#include <sqlite3.h>\n#include "coordinator/core/job.h"\n'
                                         'const char* text = "select id from job where id = $1";\n',
    "agent/main.cpp": '#include "agent/link/link.h"\n',
    "agent/link/link.h": "#pragma once\n",
    "tests/CMakeLists.txt": "slipway_test(unit/core USES coordinator/core)\n"
                            "slipway_script_test(sums COMMAND python3 tests/run_python.py tests/unit/scripts)\n",
    "tests/unit/core/job_test.cpp": '#include "coordinator/core/job.h"\n',
    "tests/unit/scripts/sums_test.py": "",
}


def violations_of(planted):
    with tempfile.TemporaryDirectory() as directory:
        for name, text in {**CLEAN, **planted}.items():
            path = pathlib.Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check_includes.check(directory)


class CheckIncludes(unittest.TestCase):
    def finds(self, rule, path, text):
        found = violations_of({path: text})
        self.assertEqual([v.rsplit(" ", 1)[1] for v in found], [f"[{rule}]"], found)
        self.assertTrue(found[0].startswith(path + ":"), found)

    def test_a_clean_tree_has_no_violations(self):
        self.assertEqual(violations_of({}), [])

    def test_core_may_not_include_json(self):
        self.finds("include", "coordinator/core/rule.cpp", "#include <nlohmann/json.hpp>\n")

    def test_core_may_not_include_an_operating_system_interface(self):
        found = violations_of({"coordinator/core/rule.cpp": '#include "platform/os/files.h"\n'})
        self.assertTrue(any(v.endswith("[include]") for v in found), found)

    def test_the_agent_may_not_include_the_coordinator(self):
        self.finds("include", "agent/link/poll.cpp", '#include "coordinator/core/job.h"\n')

    def test_an_attempt_may_not_include_the_link(self):
        self.finds("include", "agent/attempt/runner.cpp", '#include "agent/link/link.h"\n')

    def test_an_attempt_may_not_reach_the_network(self):
        found = violations_of({"platform/net/http.h": "#pragma once\n",
                               "agent/attempt/runner.cpp": '#include "platform/net/http.h"\n'})
        self.assertEqual(len(found), 1, found)

    def test_a_task_may_not_include_the_attempt(self):
        found = violations_of({"agent/attempt/runner.h": "#pragma once\n",
                               "tasks/copy/copy.cpp": '#include "agent/attempt/runner.h"\n'})
        self.assertEqual(len(found), 1, found)

    def test_shipped_code_may_not_include_tests(self):
        found = violations_of({"tests/support/clock.h": "#pragma once\n",
                               "agent/link/poll.cpp": '#include "tests/support/clock.h"\n'})
        self.assertEqual(len(found), 1, found)

    def test_a_folder_that_is_not_in_the_table_is_refused(self):
        self.finds("folder", "platform/misc/thing.h", "#pragma once\n")

    def test_an_include_by_a_relative_path_is_refused(self):
        self.finds("include-path", "agent/link/poll.cpp", '#include "link.h"\n')

    def test_the_link_list_may_not_say_more_than_the_table(self):
        self.finds("link-list", "platform/yaml/CMakeLists.txt", "slipway_library(platform/yaml USES platform/net)\n")

    def test_the_link_list_may_not_say_less_than_the_sources(self):
        found = violations_of({"platform/net/dump.cpp": '#include "platform/os/files.h"\n',
                               "platform/CMakeLists.txt": CLEAN["platform/CMakeLists.txt"].replace(
                                   "platform/net USES platform/os ", "platform/net USES ")})
        self.assertTrue(found and all(v.endswith("[link-list]") for v in found), found)

    def test_each_library_stops_at_the_files_named_after_it(self):
        for header in ("curl/curl.h", "openssl/evp.h", "archive.h", "archive_entry.h", "sqlite3.h", "yaml-cpp/yaml.h",
                       "boost/asio.hpp", "valijson/validator.hpp", "systemd/sd-daemon.h"):
            with self.subTest(header=header):
                self.finds("library", "platform/json/other.cpp", f"#include <{header}>\n")

    def test_operating_system_headers_stay_in_their_folder(self):
        for header in ("unistd.h", "sys/stat.h", "windows.h", "signal.h", "poll.h", "netinet/in.h"):
            with self.subTest(header=header):
                self.finds("os-header", "agent/link/poll.cpp", f"#include <{header}>\n")
                self.finds("os-header", "platform/os/wait.cpp", f"#include <{header}>\n")

    def test_operating_system_conditions_are_refused_even_in_the_interfaces_of_os(self):
        for line in ("#ifdef _WIN32", "#if defined(__linux__)", "#  ifndef WIN32"):
            with self.subTest(line=line):
                self.finds("os-macro", "platform/os/wait.cpp", line + "\n#endif\n")

    def test_nobody_sleeps_or_asks_for_the_time(self):
        for call in ("std::this_thread::sleep_for(1s)", "::usleep(5)", "std::chrono::steady_clock::now()",
                     "clock_gettime(CLOCK_REALTIME, &t)", "std::time(nullptr)"):
            with self.subTest(call=call):
                self.finds("time", "agent/link/poll.cpp", f"void f() {{ {call}; }}\n")
                self.finds("time", "tests/unit/core/wait_test.cpp", f"void f() {{ {call}; }}\n")

    def test_words_in_comments_and_strings_are_not_calls(self):
        self.assertEqual(violations_of({"agent/link/poll.cpp": '// sleep(1), _WIN32, #include <unistd.h>\n'
                                                               'const char* text = "sleep(1)";\n'}), [])

    def test_sql_stays_in_the_store(self):
        for text in ('"SELECT id FROM job"', '"insert into job"\n    " values (1)"', 'R"(update job\n set state = 1)"',
                     '"select id "\n  "from job"', '"PRAGMA journal_mode=WAL"', '"delete from job"'):
            with self.subTest(text=text):
                self.finds("sql", "coordinator/core/job.cpp", f"const char* t = {text};\n")

    def test_prose_with_the_same_words_is_not_sql(self):
        self.assertEqual(violations_of({"agent/link/poll.cpp": 'const char* t = "select one of these";\n'
                                                               'const char* u = "update the agent";\n'}), [])

    def test_a_cpp_test_that_is_not_built_is_found(self):
        self.finds("test", "tests/unit/store/jobs_test.cpp", "\n")

    def test_a_python_test_that_is_not_run_is_found(self):
        self.finds("test", "tests/integration/proxy_test.py", "\n")

    def test_left_over_marks_are_found_everywhere(self):
        for mark in ("TO" + "DO", "FIX" + "ME"):
            with self.subTest(mark=mark):
                self.finds("left-over", "platform/base/bytes.h", f"#pragma once\n// {mark}: later\n")
                self.finds("left-over", "platform/README.md", f"{mark}\n")

    def test_a_file_may_not_grow_without_end(self):
        self.finds("length", "platform/json/reader.cpp", "int x;\n" * 601)
        self.finds("length", "scripts/long", "#!/bin/sh\n" + "true\n" * 601)
        self.assertEqual(violations_of({"platform/json/reader.cpp": "int x;\n" * 600}), [])

    def test_large_files_are_refused(self):
        self.finds("size", "tests/golden/large.json", "x" * (1024 * 1024 + 1))

    def test_a_header_needs_its_guard(self):
        self.finds("header", "platform/base/bytes.h", "int x;\n")

    def test_a_crash_point_stands_in_one_place_and_is_named_by_the_rule(self):
        self.finds("crash-point", "agent/link/poll.cpp", 'void f() { CRASH_POINT("journal.append"); }\n'
                                                         'void g() { CRASH_POINT("journal.append"); }\n')
        self.finds("crash-point", "agent/link/poll.cpp", 'void f() { CRASH_POINT("Append"); }\n')

    def test_an_exception_that_is_no_longer_needed_is_found(self):
        self.finds("exception", "platform/base/crash_point.cpp", "#include <cstdlib>\n")


if __name__ == "__main__":
    unittest.main()
