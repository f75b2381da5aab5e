"""What customers owe, from the ledger: statements of account, and how long debts are overdue."""
