"""What an operator sets: settings, and the data that people edit. Nothing of the line is imported here."""
