#!/usr/bin/env python3
"""Writes the figures of docs/: python3 docs/figures/draw.py. --check compares with what is there.

A figure is boxes, arrows and words on a card of its own, whose colours follow the reader's light or dark scheme where
the viewer knows it. Fonts differ from machine to machine, so boxes leave room.
"""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
STYLE = """
  svg { font-family: system-ui, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; font-size: 14px }
  .card { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328 } .dim { fill: #59636e; font-size: 12px }
  .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12px }
  .head { font-weight: 600 } .plain { fill: #f0f3f6; stroke: #8c959f }
  .ours { fill: #d2e9ff; stroke: #4a8fd8 } .host { fill: #ffe7c7; stroke: #d38b2a }
  .band { fill: #f6f8fa; stroke: none } .line { stroke: #59636e; stroke-width: 1.5; fill: none } .tip { fill: #59636e }
  .sync { stroke: #b3404a; stroke-width: 1.8; fill: none } .synctip { fill: #b3404a } .red { fill: #b3404a; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d } text { fill: #e6edf3 } .dim { fill: #9da7b3 }
    .plain { fill: #21262d; stroke: #6e7681 }
    .ours { fill: #12395f; stroke: #4a8fd8 } .host { fill: #553a10; stroke: #d38b2a }
    .band { fill: #161b22 } .line { stroke: #9da7b3 } .tip { fill: #9da7b3 }
    .sync { stroke: #ff7b86 } .synctip { fill: #ff7b86 } .red { fill: #ff7b86 }
  }
"""


class Figure:
    def __init__(self, width, height, title):
        self.width, self.height, self.title, self.parts = width, height, title, []

    def add(self, part):
        self.parts.append(part)

    def text(self, x, y, words, kind="", anchor="start"):
        self.add(f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>')

    def box(self, x, y, width, height, kind, *lines):
        """Lines are words, or (words, class); they stand in the middle."""
        self.add(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="{kind}"/>')
        top = y + height / 2 - 9 * (len(lines) - 1) + 5
        for i, line in enumerate(lines):
            words, style = line if isinstance(line, tuple) else (line, "")
            self.text(x + width / 2, top + 18 * i, words, style, "middle")

    def band(self, x, y, width, height, words):
        self.add(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" class="band"/>')
        if words:
            self.text(x + 12, y + 20, words, "dim")

    def arrow(self, points, kind="line", tip="tip"):
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        end = (x1 - 7 * dx, y1 - 7 * dy)
        path = " L ".join(f"{x:g} {y:g}" for x, y in [*points[:-1], end])
        self.add(f'<path d="M {path}" class="{kind}"/>')
        left, right = (x1 - 9 * dx - 4.5 * dy, y1 - 9 * dy + 4.5 * dx), (x1 - 9 * dx + 4.5 * dy, y1 - 9 * dy - 4.5 * dx)
        corners = " ".join(f"{x:g},{y:g}" for x, y in [(x1, y1), left, right])
        self.add(f'<polygon points="{corners}" class="{tip}"/>')

    def svg(self):
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
        card = f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="10" class="card"/>'
        body = "\n".join([card, *self.parts])
        return (f'{head} height="{self.height}" role="img">\n<title>{escape(self.title)}</title>\n'
                f"<style>{STYLE}</style>\n{body}\n</svg>\n")


def data_flow():
    f = Figure(960, 330, "From Taichi kernels in Python to a host's picture")
    f.band(16, 16, 196, 298, "once, in Python")
    f.band(228, 16, 508, 298, "in your program: Isthmus")
    f.band(752, 16, 192, 298, "in your program: you")

    f.box(32, 52, 164, 56, "plain", ("kernels.py", "mono"), ("@ti.kernel", "dim"))
    f.arrow([(114, 108), (114, 168)])
    f.text(124, 143, "ti.aot", "dim")
    f.box(32, 168, 164, 76, "plain", ("module.tcm", "mono"), ("SPIR-V or LLVM IR,", "dim"), ("names and types", "dim"))

    f.arrow([(196, 206), (246, 206)])
    f.box(246, 168, 132, 76, "ours", "Module", ("checked once,", "dim"), ("against the device", "dim"))
    f.arrow([(312, 168), (312, 108)])
    f.box(246, 52, 132, 56, "ours", "Kernel, Graph", ("arguments by name", "dim"))
    f.arrow([(378, 80), (418, 80)])
    f.box(418, 52, 132, 56, "ours", "launch", ("checked, recorded", "dim"))
    f.arrow([(550, 80), (590, 80)])
    f.box(590, 48, 132, 64, "ours", "batch", ("barriers only where", "dim"), ("data is shared", "dim"))
    f.arrow([(656, 112), (656, 168)])
    f.text(666, 143, "flush", "dim")
    f.box(418, 168, 304, 76, "ours", "device", ("Vulkan, OpenGL, OpenGL ES, CPU, CUDA", "dim"),
          ("its own, or the host's", "dim"))

    f.arrow([(656, 244), (656, 282), (768, 282)])
    f.text(644, 286, "images and memory, lent where they lie", "dim", "end")
    f.box(768, 258, 160, 44, "host", "your renderer")
    f.box(768, 52, 160, 44, "host", "your arguments")
    f.arrow([(768, 62), (740, 62), (740, 38), (484, 38), (484, 52)])
    f.box(768, 168, 160, 64, "host", "other process,", "other device")
    f.arrow([(722, 200), (768, 200)])
    return f


def layouts():
    f = Figure(960, 420, "Who holds an image, and in what layout, over two frames")
    rows = ((40, "calls you make", ""), (116, "runtime's work", ""), (186, "engine's work", ""),
            (258, "holder", "changes at the call"), (326, "layout", "changes on the device"))
    for y, words, more in rows:
        f.text(18, y + (20 if more else 25), words, "head")
        f.text(18, y + 36, more, "dim")
    one, two = 166, 560
    for x, words in ((one, "frame 1"), (two, "frame 2")):
        f.band(x, 16, 386, 366, "")
        f.text(x + 193, 404, words, "dim", "middle")
        calls = ((4, 74, "take back"), (84, 60, "launch"), (150, 46, "lend"), (202, 62, "submit"))
        for dx, width, call in calls[1:] if x == one else calls:
            f.box(x + dx, 38, width, 36, "plain", (call, "dim"))
        f.box(x + 158, 110, 130, 44, "ours", "kernels")
        f.box(x + 304, 180, 78, 44, "host", "draw")
        f.arrow([(x + 288, 132), (x + 296, 132), (x + 296, 202), (x + 304, 202)], "sync", "synctip")
        f.text(x + 302, 168, "ready", "red")
        f.box(x + 156, 322, 132, 48, "ours", ("SHADER_READ_WRITE", "mono"))
    f.arrow([(one + 382, 202), (two + 20, 202), (two + 20, 132), (two + 158, 132)], "sync", "synctip")
    f.text(two + 28, 168, "drawn", "red")
    f.box(one + 4, 254, 168, 48, "ours", ("OURS", "head"))
    f.box(one + 174, 254, two - one - 174 + 40, 48, "host", ("LENT", "head"))
    f.box(two + 42, 254, 130, 48, "ours", ("OURS", "head"))
    f.box(two + 174, 254, 208, 48, "host", ("LENT", "head"))
    f.box(one + 4, 322, 150, 48, "plain", ("UNDEFINED", "mono"))
    f.box(one + 290, 322, two - one - 136, 48, "host", ("SHADER_READ", "mono"))
    f.box(two + 290, 322, 92, 48, "host", ("SHADER_READ", "mono"))
    f.text(18, 404, "time", "dim")
    f.arrow([(56, 400), (150, 400)])
    return f


FIGURES = {"data_flow.svg": data_flow, "layouts.svg": layouts}


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for name, figure in FIGURES.items():
        file, text = HERE / name, figure().svg()
        if not check:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"Not as {Path(__file__).name} draws them: {', '.join(stale)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
