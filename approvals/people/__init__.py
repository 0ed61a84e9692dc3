"""Who somebody is: a principal, the account a channel knows them by, their groups, and who stands in for them."""
