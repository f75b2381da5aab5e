"""What everything stands on: database, events, keys, clock, money, settings. Knows no business and no HTTP."""
