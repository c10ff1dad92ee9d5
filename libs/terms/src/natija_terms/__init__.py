"""Legal terms: working calendars as dated data, and the arithmetic of terms."""
