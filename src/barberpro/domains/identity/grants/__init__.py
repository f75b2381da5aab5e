"""What users allow applications to do in their name, and the codes and tokens that carry it."""
