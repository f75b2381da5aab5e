"""Series: the same service again and again, by a rule of RFC 5545 on the shop's wall clock."""
