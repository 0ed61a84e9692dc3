"""What other programs need to check Countersign's evidence by themselves."""
