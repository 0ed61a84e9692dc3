"""How the published cases of receipts are made: keys, a receipt that holds, and everything that is done to it."""
