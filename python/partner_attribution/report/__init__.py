"""The readout: selects, sorts and renders what the reports schema decided."""
