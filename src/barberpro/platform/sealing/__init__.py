"""Personal data under a key of each person, which stands under a key of each tenant, under the master key.

`vault` opens keys, `keys` stores and destroys them, `rows` says which columns are sealed and reads them, `index` finds
equal values without opening any, `rotation` puts everything under fresh keys, `scrub` takes old pages off the disk.
"""
