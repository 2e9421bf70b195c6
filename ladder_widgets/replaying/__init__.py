"""One production record, or a log of them, through a saved model step by step."""

from ladder_widgets.replaying.core import replay
from ladder_widgets.replaying.log import LogReplay, replay_log
from ladder_widgets.replaying.result import Replay

__all__ = ["LogReplay", "Replay", "replay", "replay_log"]
