"""Sources of checkpoints: the model hub, local folders, and the service's own packages."""
