"""The Python side of the joint ledger: feeds, attribution methods, readout and plan."""
