"""Side effects, level-triggered: compare what is stored with what is recorded as done, and do the difference.

The same functions run after a commit, on the timer and after a crash. There is no queue and no second path.
"""
