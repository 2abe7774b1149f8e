"""Metrics, curves and thresholds; numpy only."""
