"""One production record, or a log of them, through a saved model step by step."""

from ladder_widgets.replaying.core import Replay, replay
from ladder_widgets.replaying.log import LogReplay, replay_log

__all__ = ["LogReplay", "Replay", "replay", "replay_log"]
