"""Releases over HTTP: for the clients of the Hugging Face Hub, for anything that reads Parquet from a URL, and for eyes."""
