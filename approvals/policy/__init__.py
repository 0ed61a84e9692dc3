"""The policy: `model` is what it says, `reading` makes that of the file, and the rest asks it and judges it."""
