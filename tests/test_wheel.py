"""The built wheel, alone in a clean environment: what a user gets, whatever the checkout happens to hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = "ladder_widgets/panel/static/"

pytestmark = pytest.mark.slow

SHOW = """
import json
from pathlib import Path

import ladder_widgets
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.iloc[:, :5]
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:300], y[:300])
panel = ladder_widgets.LadderPanel(model, X[300:], y[300:], X_train=X[:300], y_train=y[:300])
panel.wait()
bundle = panel._repr_mimebundle_()
data = bundle[0] if isinstance(bundle, tuple) else bundle
print(json.dumps({
    "home": str(Path(ladder_widgets.__file__).parent),
    "status": panel.status,
    "types": sorted(data),
    "html": data.get("text/html", "")[:200],
    "plain": data.get("text/plain", ""),
    "script": len(str(panel._esm)),
}))
"""


def call(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout, so that only what is installed can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds the wheel and what it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    call(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--python", python] if uv.exists() else [python, "-m", "pip", "install"]
    call(*install, "--constraint", ROOT / "constraints" / "dev.txt", wheel, cwd=folder.parent)
    return python


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {name for name in names if not name.partition("/")[0].endswith(".dist-info")}
    assert {name.partition("/")[0] for name in package} == {"ladder_widgets"}
    assert "ladder_widgets/py.typed" in names
    assert any(name.startswith(STATIC) and name.endswith(".js") for name in names)
    assert any(name.startswith(STATIC) and name.endswith(".css") for name in names)
    assert not [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".pyc"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_caps_no_version(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()
    required = [line for line in metadata.splitlines() if line.startswith("Requires-")]
    assert required
    assert not [line for line in required if "<" in line or "==" in line.partition(";")[0]]


def test_the_command_is_installed(clean_python: Path) -> None:
    told = call(clean_python.with_name("ladder-widgets"), "--help", cwd=clean_python.parent)
    for command in ("demo", "run", "faults"):
        assert command in told


def test_a_panel_is_shown_from_the_wheel_alone(clean_python: Path, tmp_path: Path) -> None:
    shown = json.loads(
        call(
            clean_python, "-W", "error::DeprecationWarning:ladder_widgets", "-c", SHOW, cwd=tmp_path
        ).splitlines()[-1]
    )
    assert Path(shown["home"]).is_relative_to(clean_python.parents[1])
    assert shown["status"] == "done"
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(shown["types"])
    assert "<" in shown["html"]
    assert "Data" in shown["plain"]
    assert shown["script"] > 10_000
