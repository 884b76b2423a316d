"""From one event to many components: routing, inboxes, and what happens when one is slow."""
