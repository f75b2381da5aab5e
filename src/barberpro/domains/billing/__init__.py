"""What customers are charged: invoices, their taxes and numbers, and the credit notes that take them back."""
