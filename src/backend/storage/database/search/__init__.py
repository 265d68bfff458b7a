"""Full-text search by lemmas: queries, matches and snippets."""
