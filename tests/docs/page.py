#!/usr/bin/env python3
"""Carries out a page of the documentation: README.md or docs/X.md is a little literate program.

The fenced blocks of a page are carried out in order, in an empty folder in which `isthmus` is the repository and
`isthmus/build/release` the built tree. A comment on the line before a fence says what becomes of the block:

  <!-- file: PATH -->       it is written to PATH
  <!-- run -->              bash -eu runs it; one shell for the whole page, HOME is the page's folder
  <!-- run as root -->      likewise, but on a machine that is there for the page alone (--bare)
  <!-- fails -->            the same in a subshell, and it must not succeed
  <!-- output -->           what the run before it has printed; `...` stands for any text, on its own line for any lines
  <!-- part of: PATH -->    these lines stand in that file of the repository, in this order
  <!-- not run: REASON -->
  <!-- run: COMMANDS -->    no block: commands that readers need not see

Code (sh, c, cpp, cmake, python) without such a comment is a failure. `<!-- test: slow -->` in the first lines of a page
keeps it out of the quick tests.
"""

import argparse
import difflib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CODE = {"sh", "bash", "shell", "console", "c", "cpp", "c++", "cmake", "python", "py"}
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$")
MARK = re.compile(r"^<!--\s*(file|run|run as root|fails|output|part of|not run)\s*(?::\s*(.*?))?\s*-->$")
SLOW = re.compile(r"^<!-- test: slow -->$", re.M)
HIDDEN = re.compile(r"^<!--\s*run:")
LINK = re.compile(r"""(?:!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|srcset|href)="([^"\s]+)")""")


class Failure(Exception):
    """What is wrong, and at which line of the page."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Step:
    """What a mark asks for: kind, its value (a path, a reason), the block's lines, the line of the page."""

    def __init__(self, kind, value, lines, line):
        self.kind, self.value, self.lines, self.line = kind, value, lines, line

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)


def parse(text):
    """The steps of a page, in order. Refuses code without a mark, and marks without a block."""
    lines = text.split("\n")
    steps, mark, i = [], None, 0
    while i < len(lines):
        line = lines[i].strip()
        fence = FENCE.match(lines[i])
        if fence:
            end = i + 1
            while end < len(lines) and not re.match(r"^ {0,3}%s+\s*$" % re.escape(fence[1]), lines[end]):
                end += 1
            if end == len(lines):
                raise Failure(i + 1, "The block that begins here never ends.")
            if mark:
                steps.append(Step(mark[1], mark[2], lines[i + 1 : end], i + 2))
            elif fence[2].lower() in CODE:
                raise Failure(i + 1, f"Code ({fence[2]}) without a comment before it that says what becomes of it.")
            mark, i = None, end + 1
            continue
        if mark:
            raise Failure(i, f"The mark '{mark[1]}' has no block on the line below.")
        if HIDDEN.match(line):
            end = i
            while "-->" not in lines[end]:
                end += 1
                if end == len(lines):
                    raise Failure(i + 1, "The comment that begins here never ends.")
            commands = "\n".join(lines[i : end + 1]).strip()
            commands = re.sub(r"^<!--\s*run:\s*|\s*-->$", "", commands)
            steps.append(Step("run", None, commands.split("\n"), i + 1))
            i = end + 1
            continue
        mark = MARK.match(line)
        if mark and mark[1] in ("file", "part of", "not run") and not mark[2]:
            raise Failure(i + 1, f"The mark '{mark[1]}' says nothing behind it.")
        i += 1
    if mark:
        raise Failure(len(lines), f"The mark '{mark[1]}' has no block on the line below.")
    return steps


def pattern_of(line):
    return re.compile(".*".join(re.escape(part) for part in line.rstrip().split("...")) + r"\Z")


def printed_as_told(told, printed):
    """Whether the printed lines are those told; a line `...` of the latter stands for any number of lines."""
    told = [None if line.strip() == "..." else pattern_of(line) for line in told]
    # reached: how many printed lines the told lines so far may have used up.
    reached = {0}
    for pattern in told:
        if pattern is None:
            reached = set(range(min(reached), len(printed) + 1)) if reached else set()
        else:
            reached = {n + 1 for n in reached if n < len(printed) and pattern.match(printed[n])}
    return len(printed) in reached


def lines_of(text):
    lines = [line.rstrip() for line in text.replace("\r", "").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


class Shell:
    """One bash for a page. Blocks are files that it sources, so that variables, functions and `cd` stay."""

    LOOP = 'while IFS= read -r block <&%d; do exec >"$block.out" 2>&1; . "$block" %d<&- %d>&-; echo done >&%d; done'

    def __init__(self, folder, private, seconds):
        self.private, self.seconds, self.count = private, seconds, 0
        to_shell, self.orders = os.pipe()
        self.answers, from_shell = os.pipe()
        environment = dict(os.environ, HOME=str(folder), LC_ALL="C.UTF-8", PWD=str(folder))
        environment.pop("XDG_CACHE_HOME", None)
        # Where ./dev builds the Python package: what it has compiled is not compiled again.
        environment.setdefault("SKBUILD_BUILD_DIR", str(REPOSITORY / "build" / "python_build"))
        if shutil.which("ccache"):  # pages that build the repository are then bearable, and none the wiser
            environment.setdefault("CCACHE_DIR", str(Path.home() / ".cache" / "ccache"))
            environment.setdefault("CCACHE_BASEDIR", str(folder))
            environment.setdefault("CMAKE_C_COMPILER_LAUNCHER", "ccache")
            environment.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
        self.process = subprocess.Popen(
            ["bash", "-eu", "-c", self.LOOP % (to_shell, to_shell, from_shell, from_shell)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(to_shell, from_shell),
            start_new_session=True,
        )
        os.close(to_shell)
        os.close(from_shell)

    def run(self, step):
        """What the block prints. Raises Failure when a command in it fails, or when it takes too long."""
        self.count += 1
        block = self.private / f"block_{self.count}"
        text = step.text
        if step.kind == "fails":
            inner = self.private / f"block_{self.count}.fails"
            inner.write_text(step.text, encoding="utf-8")
            # In a condition bash would forget -e.
            text = f"set +e; (set -e; . '{inner}'); [ $? != 0 ] || exit 99; set -e\n"
        block.write_text(text, encoding="utf-8")
        os.write(self.orders, f"{block}\n".encode())
        ready = select.select([self.answers], [], [], self.seconds)[0]
        answer = os.read(self.answers, 16) if ready else None
        out = Path(f"{block}.out")
        printed = out.read_text(encoding="utf-8", errors="replace") if out.exists() else ""
        if answer is None:
            self.close()
            slow = f"These commands take longer than {self.seconds} s. They print:\n"
            raise Failure(step.line, slow + indent(printed))
        if not answer:
            wrong = "succeed, and must not" if step.kind == "fails" else f"fail (status {self.process.wait()})"
            raise Failure(step.line, f"These commands {wrong}:\n{indent(step.text)}They print:\n{indent(printed)}")
        return printed

    def close(self):
        for end in (self.orders, self.answers):
            try:
                os.close(end)
            except OSError:
                pass
        for how in (signal.SIGTERM, signal.SIGKILL):  # whatever a page has left in the background goes, too
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(timeout=3)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass


def indent(text, most=60):
    lines = text.rstrip("\n").split("\n")
    kept = lines if len(lines) <= most else [f"[{len(lines) - most} lines before]", *lines[-most:]]
    return "".join(f"    {line}\n" for line in kept)


def lay_out(folder, repository, build):
    """`isthmus` in the page's folder: links to what the repository has, and build/release is the built tree."""
    isthmus = folder / "isthmus"
    (isthmus / "build").mkdir(parents=True)
    for entry in repository.iterdir():
        if entry.name not in ("build", ".git"):
            (isthmus / entry.name).symlink_to(entry)
    if build:
        (isthmus / "build" / "release").symlink_to(build)


def target_in(folder, step):
    path = (folder / step.value).resolve()
    inside = folder.resolve() in path.parents and (folder / "isthmus").resolve() not in (path, *path.parents)
    if Path(step.value).is_absolute() or not inside:
        raise Failure(step.line, f"A block is written to '{step.value}', which is not in the page's own folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def check_part(repository, step):
    file = repository / step.value
    if not file.is_file():
        raise Failure(step.line, f"The repository has no file '{step.value}'.")
    there = iter([line.strip() for line in file.read_text(encoding="utf-8").split("\n")])
    for offset, line in enumerate(step.lines):
        wanted = line.strip()
        if wanted and wanted != "..." and wanted not in there:
            raise Failure(step.line + offset, f"'{wanted}' does not stand in {step.value}, or not in this order.")


def carry_out(text, repository, build, folder, seconds, bare=False):
    """Runs the page in the folder, which is emptied first. Returns (blocks run, seconds); raises Failure."""
    steps = parse(text)
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lay_out(folder, repository, build)
    with tempfile.TemporaryDirectory() as private:
        shell = Shell(folder, Path(private), seconds)
        try:
            printed, ran = None, 0
            if bare:  # who runs this is root already, and sudo is not there yet
                shell.run(Step("run", None, ['sudo() { DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }'], 0))
            for step in steps:
                if step.kind == "file":
                    target_in(folder, step).write_text(step.text, encoding="utf-8")
                elif step.kind in ("run", "fails") or (step.kind == "run as root" and bare):
                    printed = shell.run(step)
                    ran += 1
                elif step.kind == "part of":
                    check_part(repository, step)
                elif step.kind == "output":
                    if printed is None:
                        raise Failure(step.line, "An output without commands before it.")
                    told, came = lines_of(step.text), lines_of(printed)
                    if not printed_as_told(told, came):
                        difference = difflib.unified_diff(told, came, "told here", "printed", lineterm="", n=2)
                        raise Failure(step.line, "Something else is printed:\n" + indent("\n".join(difference)))
        finally:
            shell.close()
    return ran, time.monotonic() - started


def anchors_of(page):
    """Anchors as GitHub makes them of a page's headings."""
    anchors, fenced = set(), False
    for line in page.read_text(encoding="utf-8").split("\n"):
        if FENCE.match(line) or re.match(r"^ {0,3}(```|~~~)\s*$", line):
            fenced = not fenced
        heading = re.match(r"^#{1,6}\s+(.*?)\s*#*$", line)
        if heading and not fenced:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower()
            anchors.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return anchors


def pages_of(repository):
    found = [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    return [page for page in found if page.is_file()]


def check_links(repository):
    """Sentences about relative links that lead nowhere, and about pages that the index does not name."""
    wrong = []
    others = [repository / "THIRD_PARTY.md", *repository.glob("assets/*.md"), *repository.glob("python/*.md")]
    named = set()
    for page in [*pages_of(repository), *(other for other in others if other.is_file())]:
        fence = None
        for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
            edge = re.match(r"^ {0,3}(`{3,}|~{3,})", line)
            if edge and (fence is None or line.strip() == fence):
                fence = None if fence else edge[1]
            for link in [] if fence else LINK.finditer(re.sub(r"`[^`]*`", "", line)):
                target = link[1] or link[2]
                if re.match(r"^[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                where = f"{page.relative_to(repository)}:{number}"
                if page == repository / "docs" / "README.md":
                    named.add(file)
                if not file.exists():
                    wrong.append(f"{where}: there is no '{path}'.")
                elif anchor and file.suffix == ".md" and anchor not in anchors_of(file):
                    wrong.append(f"{where}: {file.name} has no heading '#{anchor}'.")
    index = repository / "docs" / "README.md"
    if index.is_file():
        for page in pages_of(repository):
            if page not in (index, repository / "README.md") and page.resolve() not in named:
                wrong.append(f"docs/README.md: does not name {page.name}.")
    return wrong


def listing(page):
    for step in parse(page.read_text(encoding="utf-8")):
        first = step.value or (step.lines[0].strip() if step.lines else "")
        print(f"{page.name}:{step.line}: {step.kind}: {first}")


SELF_TESTS = (
    ("files, runs and outputs", "<!-- file: a/b.txt -->\n```text\nhi\n```\n"
     "<!-- run -->\n```sh\ncat a/b.txt; echo x >&2\n```\n<!-- output -->\n```\nhi\nx\n```\n", None),
    ("one shell", "<!-- run -->\n```sh\nmkdir d; cd d\nv=1\n```\n<!-- run: test $v = 1 -->\n"
     "<!-- run: pwd\necho $HOME -->\n<!-- output -->\n```\n.../d\n...\n```\n", None),
    ("the repository", "<!-- run: cat isthmus/docs/x.md isthmus/build/release/built -->\n"
     "<!-- output -->\n```\nsource\nbuilt\n```\n", None),
    ("what root does", "<!-- run as root -->\n```sh\nfalse\n```\n", None),
    ("any lines", "<!-- run: seq 9 -->\n<!-- output -->\n```\n1\n...\n5\n...\n9\n```\n", None),
    ("parts", "<!-- part of: docs/y.c -->\n```c\nint a;\n...\n  int c;\n```\n", None),
    ("told failures", "<!-- run: v=1 -->\n<!-- fails -->\n```sh\ncd isthmus\n[ $v = 2 ]\ntrue\n```\n"
     "<!-- run: test -d isthmus -->\n", None),
    ("what runs on in the background", "<!-- run -->\n```sh\nsleep 60 &\nfalse\n```\n", (3, "fail")),
    ("other languages", "```text\nx\n```\n```\ny\n```\n<!-- not run: needs a window -->\n```sh\nz\n```\n", None),
    ("a longer fence", "<!-- file: a -->\n````md\n```sh\nx\n```\n````\n<!-- run: grep -q x a -->\n", None),
    ("code without a mark", "\n```cpp\nx\n```\n", (2, "without a comment")),
    ("a mark without a block", "<!-- run -->\n\n```sh\nx\n```\n", (1, "no block")),
    ("a mark at the end", "x\n<!-- run -->", (2, "no block")),
    ("a mark that says nothing", "<!-- file -->\n```\nx\n```\n", (1, "says nothing")),
    ("an endless block", "<!-- run -->\n```sh\nx\n", (2, "never ends")),
    ("a failing command", "<!-- run -->\n```sh\necho before\nfalse\ntrue\n```\n", (3, "before")),
    ("an unset variable", "<!-- run: echo $nothing_of_this_name -->\n", (1, "nothing_of_this_name")),
    ("a command that should fail", "<!-- fails -->\n```sh\ntrue\n```\n", (3, "must not")),
    ("another output", "<!-- run: echo 1 -->\n<!-- output -->\n```\n2\n```\n", (4, "-2\n    +1")),
    ("more output", "<!-- run: seq 2 -->\n<!-- output -->\n```\n1\n```\n", (4, "Something else")),
    ("output before runs", "<!-- output -->\n```\n1\n```\n", (3, "without commands")),
    ("a part in another order", "<!-- part of: docs/y.c -->\n```c\nint c;\nint a;\n```\n", (4, "int a;")),
    ("a part of nothing", "<!-- part of: docs/z.c -->\n```c\nx\n```\n", (3, "no file")),
    ("a file elsewhere", "<!-- file: ../x -->\n```c\nx\n```\n", (3, "own folder")),
    ("a file in the repository", "<!-- file: isthmus/docs/x.md -->\n```c\nx\n```\n", (3, "own folder")),
    ("a command that hangs", "<!-- run: echo here; sleep 60 -->\n", (1, "longer than")),
)


def self_test():
    failed = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        repository, build, folder = root / "repository", root / "built", root / "page"
        (repository / "docs").mkdir(parents=True)
        build.mkdir()
        (build / "built").write_text("built\n")
        (repository / "docs" / "x.md").write_text("source\n")
        (repository / "docs" / "y.c").write_text("int a;\n  int b;\nint c;\n")
        for title, text, expected in SELF_TESTS:
            came = None
            try:
                carry_out(text, repository, build, folder, 2 if "hangs" in title else 20)
            except Failure as failure:
                came = (failure.line, str(failure))
            good = came == expected if expected is None or came is None else (
                came[0] == expected[0] and expected[1] in came[1])
            if not good:
                failed.append(f"{title}: expected {expected}, came {came}")
        (repository / "README.md").write_text("# A b\n[x](docs/x.md) [y](docs/z.md) [a](#a-b) [c](#c) `[n](n)`\n")
        (repository / "docs" / "README.md").write_text("[y](y.c#1) <img src=\"q.png\">\n```\n[n](n)\n```\n")
        links = [line.split(" ", 1)[0] + line.rsplit(" ", 1)[1] for line in check_links(repository)]
        wanted = ["README.md:2:'docs/z.md'.", "README.md:2:'#c'.", "docs/README.md:1:'q.png'.", "docs/README.md:x.md."]
        if links != wanted:
            failed.append(f"links: {links}")
    print("\n".join(failed) if failed else f"{len(SELF_TESTS) + 1} cases are fine")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="?", type=Path, help="README.md or docs/X.md")
    parser.add_argument("--build", type=Path, help="the built tree (build/release of the repository)")
    parser.add_argument("--folder", type=Path, help="where the page runs; emptied first, and kept")
    parser.add_argument("--timeout", type=float, metavar="S", help="for each block (250; 1700 on a slow page, or with --bare)")
    parser.add_argument("--bare", action="store_true", help="this machine is for the page alone: install packages, too")
    parser.add_argument("--list", action="store_true", help="say what becomes of each block, and run nothing")
    parser.add_argument("--links", action="store_true", help="check the relative links of all pages")
    parser.add_argument("--self-test", action="store_true", help="test this program")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if options.links:
        wrong = check_links(REPOSITORY)
        print("\n".join(wrong) if wrong else "All links lead somewhere.")
        return 1 if wrong else 0
    pages = [options.page.resolve()] if options.page else pages_of(REPOSITORY) if options.list else []
    if not pages:
        parser.error("which page?")
    for page in pages:
        shown = os.path.relpath(page, REPOSITORY)
        try:
            if options.list:
                listing(page)
                continue
            build = (options.build or REPOSITORY / "build" / "release").resolve()
            with tempfile.TemporaryDirectory() as spare:
                folder = (options.folder or Path(spare) / "page").resolve()
                text = page.read_text(encoding="utf-8")
                patient = options.bare or SLOW.search(text[:400])
                most = options.timeout or (1700 if patient else 250)
                ran, seconds = carry_out(text, REPOSITORY, build, folder, most, options.bare)
            print(f"{shown}: {ran} blocks ran, {seconds:.1f} s")
        except Failure as failure:
            print(f"{shown}:{failure.line}: {failure}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
