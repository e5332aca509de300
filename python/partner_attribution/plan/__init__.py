"""The audit trail: what a run was asked, did, and hands over."""
