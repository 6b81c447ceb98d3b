"""How the database comes to its newest shape. Every revision goes up and down with rows in the tables."""
