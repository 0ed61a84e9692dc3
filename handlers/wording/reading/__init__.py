"""What people type, read without asking anybody: commands, times, and what they may have meant."""
