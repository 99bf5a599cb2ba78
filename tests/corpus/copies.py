"""The scratch copies: a plain one and an annotated one of every crate, each in a workspace of its own.

Two workspaces rather than two crates in one, because a workspace cannot hold a package twice. They
share a target folder, so that what both depend on is built once.
"""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CRATES = HERE / "crates.txt"
LOCK = HERE / "crates.lock"

# Settings of the author's machine and editor, which would change how this machine builds.
NOT_COPIED = shutil.ignore_patterns(".cargo", "Cargo.lock", "rust-toolchain*", "target", ".git*")

WORKSPACE = """\
[workspace]
resolver = "2"
members = [{members}]

# Thousands of test binaries' worth of debug information would help nobody.
[profile.dev]
debug = false
incremental = false
"""

# The check is of meaning, not of speed: suites that call a small function a million times should not
# wait for an unoptimised `traced` each time.
OPTIMISED_TRACED = """
[profile.dev.package]
traced.opt-level = 2
opentelemetry.opt-level = 2
"""


@dataclass
class Crate:
    """One line of `crates.txt`."""

    name: str
    version: str
    ci: bool = False
    doc: bool = False
    serial: bool = False
    flags: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    leave: list[str] = field(default_factory=list)
    skip: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)


def read_crates():
    crates = []
    for line in CRATES.read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            crates.append(read_crate(*words))
    return crates


def read_crate(name, version, *options):
    crate = Crate(name, version)
    for option in options:
        key, _, value = option.partition("=")
        match key:
            case "ci" | "doc" | "serial":
                setattr(crate, key, True)
            case "features":
                crate.flags += ["--features", value]
            case "all-features" | "no-default-features":
                crate.flags.append("--" + key)
            case "without" | "leave" | "skip" | "unfit":
                setattr(crate, key, value.split(","))
            case _:
                raise SystemExit(f"{CRATES.name}: {name}: unknown option `{option}`")
    return crate


def cargo(*arguments, **settings):
    """Runs cargo in the repository, because its toolchain file counts by where cargo is started."""
    return subprocess.run(["cargo", *arguments], cwd=REPOSITORY, check=True, text=True, **settings)


class Copies:
    def __init__(self, scratch, crates, traced):
        self.scratch = scratch
        self.crates = crates
        self.traced = traced

    def prepare(self):
        """Returns what the annotator counted, by the crate's name."""
        sources = self.fetch()
        for kind in ("plain", "annotated"):
            shutil.rmtree(self.scratch / kind, ignore_errors=True)
            self.write_workspace(self.scratch / kind, [crate.name for crate in self.crates])
            if kind == "annotated":
                with (self.scratch / kind / "Cargo.toml").open("a") as manifest:
                    manifest.write(OPTIMISED_TRACED)
            for crate in self.crates:
                self.copy(crate, sources[crate.name], kind)
        annotator = build_annotator()
        return {crate.name: self.annotate(annotator, crate) for crate in self.crates}

    def fetch(self):
        """Lets cargo download the crates, and asks it where it put them."""
        project = self.scratch / "sources"
        shutil.rmtree(project, ignore_errors=True)
        (project / "src").mkdir(parents=True)
        (project / "src/lib.rs").touch()
        self.write_workspace(project, [])
        with (project / "Cargo.toml").open("a") as manifest:
            manifest.write('[package]\nname = "sources"\nedition = "2024"\n[dependencies]\n')
            for crate in self.crates:
                requirement = f'version = "={crate.version}", default-features = false'
                manifest.write(f"{crate.name} = {{ {requirement} }}\n")
        manifest_path = project / "Cargo.toml"
        command = ("metadata", "--quiet", "--format-version", "1", "--manifest-path", manifest_path)
        metadata = json.loads(cargo(*command, stdout=subprocess.PIPE).stdout)
        found = {
            (package["name"], package["version"].partition("+")[0]): Path(package["manifest_path"]).parent
            for package in metadata["packages"]
        }
        return {crate.name: found[crate.name, crate.version] for crate in self.crates}

    def write_workspace(self, folder, members):
        folder.mkdir(parents=True, exist_ok=True)
        quoted = ", ".join(f'"{member}"' for member in members)
        (folder / "Cargo.toml").write_text(WORKSPACE.format(members=quoted))
        # Some crates' tests read the one of the repository they were published from.
        (folder / "README.md").write_text("A scratch workspace of `tests/corpus`.\n")
        if LOCK.exists():
            shutil.copy(LOCK, folder / "Cargo.lock")

    def copy(self, crate, source, kind):
        folder = self.scratch / kind / crate.name
        # The registry's old dates keep a plain crate built; an annotated one must never be taken for
        # what it was before its line in the list, or the annotator, changed.
        copy_file = shutil.copy2 if kind == "plain" else shutil.copy
        shutil.copytree(source, folder, ignore=NOT_COPIED, copy_function=copy_file)
        for name in crate.skip:
            (folder / "tests" / f"{name}.rs").unlink(missing_ok=True)
            shutil.rmtree(folder / "tests" / name, ignore_errors=True)
        manifest = folder / "Cargo.toml"
        text = adapt_manifest(manifest.read_text(), crate)
        if kind == "annotated":
            text += f"\n[dependencies.traced]\npath = {json.dumps(str(self.traced))}\n"
        manifest.write_text(text)

    def annotate(self, annotator, crate):
        folder = self.scratch / "annotated" / crate.name
        left = {folder / name for name in crate.leave}
        paths = [
            path
            for top in ("src", "tests")
            for path in sorted((folder / top).rglob("*.rs"))
            if not left.intersection((path, *path.parents))
        ]
        output = subprocess.run([annotator, *paths], check=True, text=True, stdout=subprocess.PIPE).stdout
        counts = (line.split("\t") for line in output.splitlines())
        return {what: int(count) for count, what in counts}


def build_annotator():
    command = ("build", "--quiet", "-p", "traced-corpus-annotate", "--message-format", "json")
    for line in cargo(*command, stdout=subprocess.PIPE).stdout.splitlines():
        if executable := json.loads(line).get("executable"):
            return executable
    raise SystemExit("cargo built no annotator")


def adapt_manifest(text, crate):
    """Leaves out what only benchmarks need, what the line in `crates.txt` names, and the profiles
    and the workspace, which belong to the root."""
    unwanted = [r"\[\[bench\]\]", r"\[profile\.", r"\[workspace\b"]
    unwanted += [rf"\[(target\..*\.)?dev-dependencies\.{re.escape(name)}\]" for name in crate.without]
    unwanted_header = re.compile("|".join(unwanted))
    tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    wanted = (table for table in tables if not unwanted_header.match(table))
    return "".join(table for table in wanted if not is_skipped_test(table, crate))


def is_skipped_test(table, crate):
    return table.startswith("[[test]]") and any(f'name = "{name}"' in table for name in crate.skip)
