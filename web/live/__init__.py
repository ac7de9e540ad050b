"""Who looks at what, and what each still owes."""
