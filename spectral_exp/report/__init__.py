"""Run folders to tables and figures; reads files, never a model."""
