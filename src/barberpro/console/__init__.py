"""The analysts' console: its source in TypeScript, and the assets built from it."""
