"""What people are told who are refused something: the table of all codes, and the sentences by their subjects."""
