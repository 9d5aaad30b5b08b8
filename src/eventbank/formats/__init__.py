"""Formats of other tools: each module has a `load` and a `dump` that mirror each other; `registry` lists them."""
