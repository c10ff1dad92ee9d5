"""The process that shows the answer to whoever has the access code of the appeal. It has the key that opens texts."""
