"""`python -m bot`: the same as the `countersign` command."""

from bot.cli import main

main()
