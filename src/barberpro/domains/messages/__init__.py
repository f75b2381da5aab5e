"""What failures say in languages other than English: a file a language, a sentence a code."""
