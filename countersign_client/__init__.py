"""What other programs need to call Countersign, and to check its evidence by themselves."""
