"""The report's page, live: it follows the runs while they are written."""
