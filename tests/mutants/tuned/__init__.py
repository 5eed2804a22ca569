"""The half on which the diagnosis may be tuned: whoever writes rules may read it."""
