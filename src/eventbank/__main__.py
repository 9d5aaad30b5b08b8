"""`python -m eventbank` is the command `eventbank`."""

from eventbank.cli import main

main(prog_name="eventbank")
