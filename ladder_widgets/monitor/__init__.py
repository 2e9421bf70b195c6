"""What a model meets in use: the production log and what is asked of it."""

from ladder_widgets.monitor.log import Production, ProductionLog

__all__ = ["Production", "ProductionLog"]
