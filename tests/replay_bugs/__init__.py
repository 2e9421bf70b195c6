"""Thirty bugs of production planted in ten kinds of pipelines, each with the step that is to be named."""
