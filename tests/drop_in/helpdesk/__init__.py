"""A help desk: people of several organisations report tickets, teams solve them, and the time spent is invoiced."""
