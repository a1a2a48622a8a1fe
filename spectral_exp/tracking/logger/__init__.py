"""Dashboards: Lightning loggers that also take histograms, images and tables."""
