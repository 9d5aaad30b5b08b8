"""The files of a new corpus."""
