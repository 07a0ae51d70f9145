"""What tools/verify_ledger.py checks, one module for each part of the format."""
