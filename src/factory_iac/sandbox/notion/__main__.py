"""`python -m factory_iac.sandbox.notion`: the server, without the rest of the command line."""

import sys

from factory_iac.sandbox.notion.serve import main

sys.exit(main())
