"""One self-contained HTML page for a run or many runs, made from their files."""
