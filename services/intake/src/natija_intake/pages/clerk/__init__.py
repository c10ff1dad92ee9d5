"""The page on which a registrar enters a letter, or what somebody said."""
