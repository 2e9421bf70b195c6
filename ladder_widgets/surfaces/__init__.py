"""Ways to read a finished report: each module here has ``render(report) -> str`` and works nothing out."""
