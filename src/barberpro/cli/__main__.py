"""`python -m barberpro.cli`: for those who start a command without knowing where it is installed."""

from . import main

main()
