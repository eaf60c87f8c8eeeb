"""The examples of README.md, as one program."""

import pathlib
import re
import shutil

import numpy as np

from conftest import module_path

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"


def test_examples(tmp_path, monkeypatch, capsys):
    program = "".join(re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S))
    for name in re.findall(r'rt\.load\("([a-z_.]+)"\)', program):
        path = module_path(name.split(".")[0])
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(program, str(README), "exec"), names)
    np.testing.assert_array_equal(names["out"], 3 * names["x"])
    assert names["number"] == 3
    assert names["total"][0] == ((1 + 1) * 2 + 3) + 1
    assert "saxpy(alpha: f32" in capsys.readouterr().out
    assert (tmp_path / "out.png").stat().st_size > 0
    names["rt"].close()
