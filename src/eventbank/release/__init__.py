"""What is in a release: rows, Parquet, card, manifest."""
