"""What others are told: on cards, by news, and as messages for other programs."""
