"""The file of a schema: readable, whole whatever happens, and refused by name when it is damaged."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ladder_widgets.monitor.schema import Schema

HOSTILE = "<img src=x onerror=alert(1)>"


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.permutation(np.arange(n) % 72 + 18)
    home = rng.choice(["own", "rent", "mortgage"], n, p=[0.6, 0.3, 0.1])
    return pd.DataFrame({"age": age, "income": rng.lognormal(10, 1, n), "home": home})


SCHEMA = Schema.learn(people(5_000, 0))


def test_a_schema_comes_back_from_its_file(tmp_path) -> None:
    frame = people(500, 0)
    frame[3] = 1.5
    frame[HOSTILE] = pd.Series(["a\ud800b", "\u202ertl"] * 250, dtype=object)
    frame["cat"] = pd.Categorical([1, 2] * 250)
    frame["nothing"] = np.nan
    schema = Schema.learn(frame, y=pd.Series([0], name="late"))
    schema.save(tmp_path / "schema.json")
    again = Schema.load(tmp_path / "schema.json")
    assert again == schema
    assert again.check(frame).violations == schema.check(frame).violations
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]


def test_the_file_can_be_read_by_people(tmp_path) -> None:
    SCHEMA.save(tmp_path / "schema.json")
    home = next(
        c for c in json.loads((tmp_path / "schema.json").read_text())["columns"] if c["name"] == "home"
    )
    assert home["levels"] == ["own", "rent", "mortgage"]
    assert (home["kind"], home["missing"], home["rows"]) == ("category", 0, 5_000)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"version": 1', '"version": 99'),
        lambda text: text.replace("ladder-widgets/schema", "something"),
        lambda text: text.replace('"kind": "number"', '"kind": "tensor"', 1),
        lambda text: text.replace('"low": 18.0', '"low": "18"', 1),
        lambda text: text.replace('"rows": 5000', '"rows": null'),
        lambda text: text.replace('"name": "age"', '"name": "income"', 1),
        lambda text: text.replace('"columns"', '"pillars"'),
        lambda text: text.replace('"age"', "NaN", 1),
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, damage) -> None:
    path = tmp_path / "schema.json"
    SCHEMA.save(path)
    path.write_text(damage(path.read_text()))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"schema\.json is no schema"):
        Schema.load(path)
    assert path.read_bytes() == before


def test_bytes_that_are_no_text(tmp_path) -> None:
    path = tmp_path / "schema.json"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match=r"schema\.json is no schema"):
        Schema.load(path)
    with pytest.raises(FileNotFoundError):
        Schema.load(tmp_path / "nothing.json")


def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path) -> None:
    path = tmp_path / "schema.json"
    SCHEMA.save(path)
    code = (
        "import sys; from ladder_widgets.monitor.schema import Schema\n"
        "schema = Schema.load(sys.argv[1]); print(1, flush=True)\n"
        "while True: schema.save(sys.argv[1])"
    )
    for wait in (1, 20):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        stamp = path.stat().st_mtime_ns
        for _ in range(wait):  # until it has saved a few times more
            while path.stat().st_mtime_ns == stamp:
                pass
            stamp = path.stat().st_mtime_ns
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert Schema.load(path) == SCHEMA


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "schema.json"
    SCHEMA.save(path)
    before = path.read_bytes()

    def full(_handle) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        Schema.learn(people(20, 0)).save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
