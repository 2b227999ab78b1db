"""The unfair neighbours of bench/unfair: who they are, and the bystander whose time they cost."""
