"""What stands before any server of the Model Context Protocol, and holds the tools that policy gates."""
