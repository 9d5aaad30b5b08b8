"""`python -m eventbank` is the command `eventbank`."""

from eventbank.cli import main

if __name__ == "__main__":
    main(prog_name="eventbank")
