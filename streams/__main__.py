"""`python -m streams` is the command `sla`."""

from streams.cli.main import sla

if __name__ == "__main__":
    sla()
