"""The UTM contract: what may stand in a link, checked before launch as the models check touches."""
