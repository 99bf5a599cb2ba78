"""What cargo says about one copy: errors and warnings of the compiler, names and results of the tests."""

import json
import os
import re
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, field

from copies import REPOSITORY

# Long enough for the slowest suite on a small machine; a deadlock must not stop the whole corpus.
SECONDS_PER_STEP = 300

HEADER = re.compile(r"^ +(?:Running (?P<target>.+) \(.+\)|Doc-tests (?P<doc>.+))$")
TEST = re.compile(r"^test (?P<name>.+?) \.\.\. (?P<result>ok|FAILED|ignored)\b")
SUMMARY = re.compile(r"^test result: .+?\. (\d+) passed; (\d+) failed; (\d+) ignored;")
FAILED_TARGET = re.compile(r"^ +`(?P<target>(?:-p \S+ )?--(?:lib|doc|bins?|test).*)`$")


@dataclass
class Outcome:
    """Of one copy of one crate. Diagnostics and tests are keyed so that both copies name them alike."""

    errors: dict = field(default_factory=dict)
    warnings: dict = field(default_factory=dict)
    tests: dict = field(default_factory=dict)
    trouble: list = field(default_factory=list)

    def summary(self):
        results = Counter(self.tests.values())
        return "/".join(str(results[result]) for result in ("ok", "FAILED", "ignored"))


class Examiner:
    """Compiles the copies of one kind and runs their tests."""

    def __init__(self, scratch, kind, linter):
        self.scratch = scratch
        self.kind = kind
        self.linter = linter

    def compile(self, crate):
        outcome = Outcome()
        if self.linter:
            command = ["clippy", "--tests", "--keep-going"]
        else:
            command = ["test", "--tests", "--no-run", "--no-fail-fast"]
        # What a crate's own lints forbid would hide the warnings behind it.
        caps = ["--cap-lints", "warn"] if self.linter else []
        log, timed_out = self.cargo(crate, "compile", [*command, "--message-format", "json"], caps)
        if timed_out:
            outcome.trouble.append("compiling took too long")
        rendered = []
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("{"):
                self.read_message(json.loads(line), crate, outcome, rendered)
            else:
                rendered.append(line + "\n")
        log.write_text("".join(rendered))
        if not outcome.errors and not any("Finished" in line for line in rendered):
            outcome.trouble.append(f"cargo failed, see {log}")
        return outcome

    def read_message(self, message, crate, outcome, rendered):
        if message["reason"] != "compiler-message":
            return
        rendered.append(message["message"]["rendered"])
        if message["manifest_path"] != str(self.folder(crate) / "Cargo.toml"):
            return
        diagnostic = message["message"]
        # `aborting due to 3 previous errors` and `2 warnings emitted` point nowhere and say nothing.
        if not diagnostic["spans"] and not diagnostic["code"]:
            return
        found = outcome.errors if diagnostic["level"].startswith("error") else outcome.warnings
        found[diagnostic_key(diagnostic)] = diagnostic["rendered"]

    def run_tests(self, crate, outcome):
        skips = [word for name in crate.unfit for word in ("--skip", name)]
        self.read_suite(crate, outcome, "test", ["test", "--tests", "--no-fail-fast"], skips)
        if crate.doc:
            self.read_suite(crate, outcome, "doc", ["test", "--doc", "--no-fail-fast"], skips)

    def read_suite(self, crate, outcome, log_name, command, skips):
        log, timed_out = self.cargo(crate, log_name, command, skips)
        if timed_out:
            outcome.trouble.append(f"the tests took longer than {SECONDS_PER_STEP} s, see {log}")
        announced = Counter()
        read = Counter()
        target = ""
        for line in log.read_text(errors="replace").splitlines():
            if header := HEADER.match(line):
                target = header["target"] or "doc"
            elif test := TEST.match(line):
                read[test["result"]] += 1
                outcome.tests[f"{target}: {test['name']}"] = test["result"]
            elif summary := SUMMARY.match(line):
                passed, failed, ignored = map(int, summary.groups())
                announced.update(ok=passed, FAILED=failed, ignored=ignored)
            elif failed := FAILED_TARGET.match(line):
                outcome.tests[f"target {failed['target']}"] = "FAILED"
        if +announced != +read:
            outcome.trouble.append(f"the results in {log} do not add up: {read} of {announced}")

    def cargo(self, crate, log_name, command, more):
        """Both streams go to one file, because the test's lines are in one and its headers in the other."""
        log = self.scratch / "logs" / crate.name / f"{self.kind}.{log_name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        manifest = self.folder(crate) / "Cargo.toml"
        command = ["cargo", *command, *crate.flags, "--manifest-path", manifest, "--", *more]
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self.environment(crate),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(SECONDS_PER_STEP)
            except subprocess.TimeoutExpired:
                return log, True
            finally:
                kill_group(process)
        return log, False

    def environment(self, crate):
        return os.environ | {
            "CARGO_TARGET_DIR": str(self.scratch / "target"),
            "CARGO_TERM_COLOR": "never",
            # With one thread libtest prints name and result apart, and a test's output between them.
            "RUST_TEST_THREADS": "1" if crate.serial else "2",
            # Snapshot tests must not write into the copy.
            "INSTA_UPDATE": "no",
        }

    def folder(self, crate):
        return self.scratch / self.kind / crate.name


def kill_group(process):
    """Ends what cargo started as well: a test that hangs outlives the cargo that waits for it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def diagnostic_key(diagnostic):
    """Without the column, which the attribute shifts."""
    code = diagnostic["code"]["code"] if diagnostic["code"] else ""
    places = [(span["file_name"], span["line_start"]) for span in diagnostic["spans"] if span["is_primary"]]
    return code, diagnostic["message"], *places
