"""The pages of citizens: file an appeal, and follow it."""
