"""A plan tried out on copies of what was read, before anybody touches the directories themselves."""
