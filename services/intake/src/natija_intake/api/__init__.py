"""The intake API: `POST /appeals`, receipts, status."""
