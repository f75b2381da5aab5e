"""Which type an id is of, written down a second time."""

TYPES = {
    "loc": ("Location", "locations"),
    "chr": ("Chair", "chairs"),
    "hrs": ("OpeningHours", "opening_hours"),
    "exc": ("OpeningException", "opening_exceptions"),
    "trv": ("TravelTime", "travel_times"),
    "shf": ("Shift", "shifts"),
    "abs": ("Absence", "absences"),
    "prv": ("Provider", "providers"),
    "cus": ("Customer", "customers"),
    "svc": ("Service", "services"),
    "bkg": ("Booking", "bookings"),
    "bch": ("BookingChange", "booking_changes"),
    "inv": ("Invoice", "invoices"),
    "inl": ("InvoiceLine", "invoice_lines"),
    "acc": ("LedgerAccount", "ledger_accounts"),
    "ltx": ("LedgerTransaction", "ledger_transactions"),
    "pst": ("LedgerPosting", "ledger_postings"),
    "org": ("Organization", "organizations"),
    "usr": ("User", "users"),
    "rol": ("CustomRole", "roles"),
    "key": ("ClientKey", "keys"),
    "evt": ("AuditEvent", "events"),
    "pol": ("BookingPolicy", "policies"),
    "chg": ("BookingCharge", "booking_charges"),
    "doc": ("Document", "documents"),
    "unr": ("UnregisteredDocument", "unregistered_documents"),
    "pln": ("SchedulePlan", "plans"),
    "pli": ("SchedulePlanItem", "plan_items"),
    "cfd": ("CalendarFeed", "calendar_feeds"),
    "rsh": ("Reshuffle", "reshuffles"),
    "rsm": ("ReshuffleMove", "reshuffle_moves"),
    "rst": ("ReshuffleTerms", "reshuffle_terms"),
}
"""By the prefix of ids: the type, and the table of its rows."""
FOR_THE_WHOLE_ORGANIZATION = {"users", "keys", "events", "documents", "unregistered_documents"}
"""What is found by its id only by a caller who is not limited to locations."""
