"""The page: takes a recording, shows its text. It knows the backend's API and nothing else."""
