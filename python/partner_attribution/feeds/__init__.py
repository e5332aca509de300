"""Feeds: every partner delivery, read strictly and landed as typed raw tables."""
