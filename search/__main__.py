"""`python -m search` is `hypersearch`."""

import sys

from search.cli import main

sys.exit(main())
