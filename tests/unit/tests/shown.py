"""A process that shows its folder and environment."""

import os

print(os.getcwd(), dict(os.environ))
