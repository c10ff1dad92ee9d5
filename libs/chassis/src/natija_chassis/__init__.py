"""What the services of Natija stand on."""
