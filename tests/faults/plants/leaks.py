"""Scalers and imputers fitted on too much; other versions."""
