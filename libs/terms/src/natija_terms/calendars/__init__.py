"""Working days, as dated data of each country."""
