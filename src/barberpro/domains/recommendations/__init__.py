"""What is recommended to each customer, and why."""
