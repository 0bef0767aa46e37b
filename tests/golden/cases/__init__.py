"""The recorded cases, one module for each group."""
