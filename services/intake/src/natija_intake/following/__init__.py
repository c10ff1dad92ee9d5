"""The view and the acts of whoever holds the access code of an appeal, without HTTP."""
