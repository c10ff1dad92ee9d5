"""Publishers of the realm, for operators: add one, list them, and show what was rejected of one."""
