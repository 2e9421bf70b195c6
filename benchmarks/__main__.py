"""Everything ``make bench`` measures, each as a ratio or a latency of one run."""

from __future__ import annotations

from benchmarks import (
    checks,
    cube,
    drag,
    ladder_vs_script,
    monitoring,
    panel_latency,
    replay,
    rows,
    scan,
    slices,
)

print("The whole ladder against the hand-written script")
ladder_vs_script.main()
print("\nEvery check beside the reference rungs")
checks.main()
print("\nThe panel in JupyterLab")
panel_latency.main()
print("\nDragging the band and the threshold")
drag.main()
print("\nA click on a cell to its rows")
rows.main()
print("\nThe error cube against the bare sums it needs")
cube.main()
print("\nSubgroups against the sliceline package")
slices.main()
print("\nThe error cube from Parquet against a bare scan")
scan.main()
print("\nReplay of a row against plain predict_proba")
replay.main()
print("\nA look at a log against evidently and a bare scan")
monitoring.main()
