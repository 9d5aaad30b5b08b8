"""Raw files of any number to Parquet with stories."""
