"""The documents that clients are registered with: published, reviewed, called by their ids, withdrawn."""
