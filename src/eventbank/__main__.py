"""`python -m eventbank` is the command `eventbank`."""

import sys


def run() -> None:
    """Runs the command; who interrupts it while it is loaded sees no traceback either."""
    try:
        from eventbank.cli import main

        main(prog_name="eventbank")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
