"""Find out who says what: cluster the voices of a recording, and give each word a speaker."""
