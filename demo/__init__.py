"""The demo campaign: a small true world, and each partner's imperfect view of it."""
