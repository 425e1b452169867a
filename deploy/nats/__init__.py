"""The broker's users and what each may say and hear."""
