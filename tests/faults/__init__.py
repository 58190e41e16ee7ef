"""What happens to an index that is written and read on a failing machine."""
