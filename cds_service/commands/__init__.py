"""One module a command of `oncology-cds`."""
