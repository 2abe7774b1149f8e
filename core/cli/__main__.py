"""`python -m core.cli`: the terminal's commands without the window."""

import sys

from core.cli.main import main

sys.exit(main())
