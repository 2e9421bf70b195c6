"""Benchmarks: ratios and latencies, each measured within one run."""

import os

# What one climb keeps for the next would be measured as speed; `again` switches it on.
os.environ["LADDER_WIDGETS_CACHE"] = "off"
