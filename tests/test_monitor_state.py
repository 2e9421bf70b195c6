"""The file of a monitor: whole or the one before, and days that cost days."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from ladder_widgets.monitor import Monitor
from ladder_widgets.monitor.counts import Counts

DAY = pd.Timedelta("1D")
#: What Monitor.save does, with two states by turns, for ever.
SAVES = """
import sys
from ladder_widgets.monitor.state import read_state, write_state
one, two, target = read_state(sys.argv[1]), read_state(sys.argv[2]), sys.argv[3]
print("ready", flush=True)
while True:
    write_state(target, one)
    write_state(target, two)
"""


def make_log(days, rows=600, seed=0, start="2026-03-01"):
    rng = np.random.default_rng(seed)
    n = days * rows
    score = rng.beta(2, 4, n)
    asked = pd.Timestamp(start) + pd.to_timedelta((np.arange(n) + 0.5) / rows * 86_400, unit="s")
    arrived = pd.Series(asked + pd.to_timedelta(rng.exponential(30, n), unit="h"))
    label = pd.Series((rng.random(n) < score).astype(float))
    late = arrived > asked[-1]
    return pd.DataFrame(
        {
            "age": rng.normal(40, 9, n),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(8, 1, n)),
            "plan": rng.choice(["basic", "plus", "<img src=x onerror=alert(1)>"], n),
            "score": score,
            "label": label.mask(late),
            "timestamp": asked.astype("datetime64[ms]"),
            "label_timestamp": arrived.mask(late).astype("datetime64[ms]"),
        }
    )


@pytest.fixture(scope="module")
def training():
    from ladder_widgets.monitor import ProductionLog

    return ProductionLog(make_log(8, seed=9, start="2026-01-01"))


@pytest.fixture
def monitor(training):
    return Monitor.fit(training)


def same(one: Counts, other: Counts) -> bool:
    pairs = zip(one.arrays(), other.arrays(), strict=True)
    return one.as_of == other.as_of and all(np.array_equal(a, b) for a, b in pairs)


# ---- writing -----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="This system has no SIGKILL.")
def test_a_kill_at_any_moment_leaves_a_whole_file(monitor, tmp_path):
    monitor.add(make_log(2))
    states = tmp_path / "one.json", tmp_path / "two.json"
    monitor.save(states[0])
    monitor.add(make_log(40, rows=50, start="2026-03-03"))
    monitor.save(states[1])
    known = {state.read_bytes() for state in states}
    folder = tmp_path / "kept"
    folder.mkdir()
    target = folder / "monitor.json"
    shutil.copy(states[0], target)
    rng, seen = np.random.default_rng(0), set()
    command = [
        sys.executable,
        "-c",
        SAVES,
        str(tmp_path / "one.json"),
        str(tmp_path / "two.json"),
        str(target),
    ]
    for _ in range(4):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            # Until it has written once more, then to anywhere within a few writes.
            stamp, patience = target.stat().st_mtime_ns, time.monotonic() + 20
            while target.stat().st_mtime_ns == stamp and time.monotonic() < patience:
                pass
            moment = time.monotonic() + rng.uniform(0, 0.1)
            while time.monotonic() < moment:
                assert target.read_bytes() in known  # a reader beside it sees whole files too
            os.kill(process.pid, signal.SIGKILL)
        content = target.read_bytes()
        assert content in known
        seen.add(content)
        assert Monitor.load(target).seen.rows.sum() in (1200, 3200)
    # What a kill may leave beside the file is hidden, and no hindrance.
    assert all(left == target or left.name.startswith(".monitor.json.") for left in folder.iterdir())
    (folder / ".monitor.json.stale.tmp").write_text("half a fi")
    monitor.save(target)
    assert same(Monitor.load(target).seen, monitor.seen)


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_file_before(monitor, tmp_path, monkeypatch, step):
    from pathlib import Path

    target = tmp_path / "monitor.json"
    monitor.save(target)
    before = target.read_bytes()
    monitor.add(make_log(2))

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "replace":
        monkeypatch.setattr(Path, "replace", full)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(os, "fdopen", lambda handle, *args, **kwargs: _Full(handle))
    with pytest.raises(OSError, match="No space left"):
        monitor.save(target)
    monkeypatch.undo()
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
    monitor.save(target)
    assert same(Monitor.load(target).seen, monitor.seen)


class _Full:
    """A file on a disk without room."""

    def __init__(self, handle):
        self.handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *error):
        os.close(self.handle)

    def write(self, text):
        os.write(self.handle, text[:1000].encode())
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_link_stays_a_link(monitor, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    monitor.save(real)
    link.symlink_to(real)
    monitor.add(make_log(2))
    monitor.save(link)
    assert link.is_symlink()
    assert same(Monitor.load(real).seen, monitor.seen)


def test_the_mode_of_a_file_stays(monitor, tmp_path):
    target = tmp_path / "monitor.json"
    monitor.save(target)
    target.chmod(0o640)
    monitor.save(target)
    assert target.stat().st_mode & 0o777 == 0o640


# ---- reading -----------------------------------------------------------------------------------


def refusal(path):
    """What is said of a file that is refused."""
    try:
        Monitor.load(path)
    except ValueError as error:
        return str(error)
    return None


def flipped(content: bytes, rng) -> bytes:
    place = int(rng.integers(len(content)))
    return content[:place] + bytes([content[place] ^ (1 << int(rng.integers(8)))]) + content[place + 1 :]


def test_a_damaged_file_is_told_and_left(monitor, tmp_path):
    monitor.add(make_log(2))
    target = tmp_path / "monitor.json"
    monitor.save(target)
    whole, rng = target.read_bytes(), np.random.default_rng(1)
    harmless, named = 0, []
    damaged = [whole[: int(cut)] for cut in rng.integers(0, len(whole) - 3, 20)]
    damaged += [flipped(whole, rng) for _ in range(60)]
    damaged += [flipped(whole[:140], rng) + whole[140:] for _ in range(60)]
    damaged += [flipped(whole[-6:], rng).rjust(0) for _ in range(5)]
    damaged += [whole[:5000] + whole[5200:], whole + whole, b"\x00" * len(whole)]
    for content in damaged:
        target.write_bytes(content)
        told = refusal(target)
        if told is None:  # a bit of the white space at the end
            harmless += 1
            assert same(Monitor.load(target).seen, monitor.seen)
        else:
            assert target.name in told
        assert target.read_bytes() == content
    assert harmless < 10
    assert all(named)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b"PAR1\x00\x01",
        b"\x80\x04\x95K\x00",
        b"\xff\xfe\x00",
        b'{"kind": "ladder-widgets/schema", "format": 1, "sha256": "x", "content": {}}',
        b'{"kind": "ladder-widgets/monitor", "format": "1", "sha256": "x", "content": {}}',
        b'{"kind": "ladder-widgets/monitor", "format": 1, "sha256": "x", "content": {}}',
        b'{"kind": "ladder-widgets/monitor", "format": 1}',
        b"[" * 200_000,
        pytest.param(b'{"kind": ["a"], "format": 1, "sha256": "x", "content": {}}', id="kind a list"),
    ],
)
def test_a_file_of_another_kind_is_told_and_left(content, tmp_path):
    target = tmp_path / "other.json"
    target.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.json"):
        Monitor.load(target)
    assert target.read_bytes() == content


def test_a_later_version_is_told(monitor, tmp_path):
    target = tmp_path / "monitor.json"
    monitor.save(target)
    later = target.read_bytes().replace(b'"format": 2', b'"format": 3')
    target.write_bytes(later)
    with pytest.raises(ValueError, match=r"later version \(3\).*Update"):
        Monitor.load(target)
    assert target.read_bytes() == later


def test_an_earlier_version_is_told(monitor, tmp_path):
    target = tmp_path / "monitor.json"
    monitor.save(target)
    target.write_bytes(target.read_bytes().replace(b'"format": 2', b'"format": 1'))
    with pytest.raises(ValueError, match=r"earlier version \(1\).*Monitor\.fit"):
        Monitor.load(target)


def test_a_file_written_again_by_a_tool_is_told(monitor, tmp_path):
    target = tmp_path / "monitor.json"
    monitor.save(target)
    target.write_text(json.dumps(json.loads(target.read_text()), indent=1))
    with pytest.raises(ValueError, match=r"monitor\.json"):
        Monitor.load(target)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Monitor.load(tmp_path / "none.json")


# ---- adding ------------------------------------------------------------------------------------


def by_day(log):
    return [part for _, part in log.groupby(log["timestamp"].dt.floor("D"))]


def test_day_by_day_is_the_same_as_at_once(monitor, training, tmp_path):
    log = make_log(6, seed=3)
    whole = Monitor.fit(training)
    whole.add(log)
    for day in by_day(log):
        watch = monitor.add(day)
        monitor.save(tmp_path / "monitor.json")
        monitor = Monitor.load(tmp_path / "monitor.json")
    assert same(monitor.seen, whole.seen)
    at_once = monitor.check(log)
    assert same(watch.counts, at_once.counts)
    pd.testing.assert_frame_equal(watch.windows, at_once.windows)
    pd.testing.assert_frame_equal(watch.drift, at_once.drift)


def test_the_order_of_days_and_a_day_twice_make_no_difference(monitor):
    days = by_day(make_log(5, seed=4))
    for place in (3, 0, 4, 4, 1, 2, 0):
        monitor.add(days[place])
    assert same(monitor.seen, monitor.check(pd.concat(days)).counts)
    assert monitor.seen.rows.sum() == 3_000


def test_a_batch_twice_counts_once_across_a_restart(monitor, tmp_path):
    day = make_log(1)
    monitor.add(day)
    monitor.save(tmp_path / "monitor.json")
    again = Monitor.load(tmp_path / "monitor.json")
    again.add(day.sample(frac=1, random_state=0))  # the order of rows is no difference
    assert again.seen.rows.sum() == 600


def test_check_leaves_the_state_alone(monitor):
    monitor.add(make_log(2))
    before = monitor.seen
    monitor.check(make_log(3, seed=8, start="2026-05-01"))
    assert same(monitor.seen, before)


def test_a_day_judges_a_day(training, monkeypatch):
    """Windows that are as they were are not judged again, nor is their drift."""
    from ladder_widgets.monitor import performance, windows

    judged = {"judge": 0, "index": 0}

    def counted(module, name):
        plain = getattr(module, name)

        def called(*args, **kwargs):
            judged[name] += 1
            return plain(*args, **kwargs)

        monkeypatch.setattr(module, name, called)

    counted(performance, "judge")
    counted(windows, "index")
    days = by_day(make_log(64, rows=60, seed=5))
    monitor = Monitor(Monitor.fit(training).reference, min_rows=60)
    monitor.add(pd.concat(days[:60]))
    assert judged["judge"] >= 60
    assert judged["index"] >= 200
    # Labels take 30 hours on average: some days before the new one are not as they were.
    for day in days[60:]:
        judged.update(judge=0, index=0)
        watch = monitor.add(day)
        assert 1 <= judged["judge"] <= 12
        assert 4 <= judged["index"] <= 8
    monitor.check(days[0])  # another log leaves what is known alone
    judged.update(judge=0)
    pd.testing.assert_frame_equal(monitor.add(days[-1]).windows, watch.windows)
    assert judged["judge"] == 0
    fresh = Monitor(monitor.reference, min_rows=60).add(pd.concat(days))
    pd.testing.assert_frame_equal(fresh.windows, watch.windows)


def test_a_day_costs_a_day(training):
    """After a year a day takes little longer than the first: days are added, no rows are read again."""
    year, day = make_log(365, rows=40, seed=5), make_log(1, seed=6, start="2027-03-01")
    young, old = Monitor.fit(training), Monitor.fit(training)
    old.add(year)

    def seconds(monitor):
        told = []
        for _ in range(3):  # the same batch counts once
            began = time.process_time()
            monitor.add(day)
            told.append(time.process_time() - began)
        return min(told)

    assert old.seen.n_periods == 365
    assert seconds(old) < 3 * seconds(young)
    assert old.seen.n_periods == 366
