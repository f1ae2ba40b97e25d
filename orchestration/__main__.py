"""The command `warehouse`, where it is not installed: `python -m orchestration`."""

from orchestration.command_line import main

main()
