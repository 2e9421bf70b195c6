"""Another model served; labels that arrive late."""
