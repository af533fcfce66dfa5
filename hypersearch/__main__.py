"""`python -m hypersearch` is `hypersearch`."""

import sys

from hypersearch.search.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
