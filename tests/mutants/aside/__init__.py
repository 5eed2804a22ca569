"""Mutants by the hand that writes the rules, kept aside while rules are mended."""
