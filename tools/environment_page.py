#!/usr/bin/env python3
"""Writes docs/environment.md from sdk/base/options.def, or checks that the page is up to date."""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "sdk/base/options.def"
PAGE = ROOT / "docs/environment.md"
OPTION = re.compile(r'^OPTION\((?P<type>[\w:]+), \w+, "(?P<name>\w+)", (?P<initial>[^,]+), "(?P<text>[^"]+)"\)$')

HEAD = """# Environment variables

Read once, when the library first needs one of them. None is needed for normal use. This page is written by
`tools/environment_page.py` from `sdk/base/options.def`.

| variable | default | what it does |
|---|---|---|
"""


def rows():
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("//") or not line:
            continue
        match = OPTION.match(line)
        if not match:
            raise SystemExit(f"{TABLE.name}: this line is no OPTION(type, field, \"NAME\", default, \"text\"): {line}")
        initial = match["initial"].split("::")[-1].strip('"')
        shown = {"false": "off", "true": "on", "": "empty"}.get(initial, initial)
        text = match["text"]
        if match["type"] == "bool":
            text += " On: any value but empty or 0."
        yield f"| `{match['name']}` | {shown} | {text} |\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when the page is not what would be written")
    options = parser.parse_args()
    page = HEAD + "".join(rows())
    if not options.check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        print("docs/environment.md differs from sdk/base/options.def; run tools/environment_page.py.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
