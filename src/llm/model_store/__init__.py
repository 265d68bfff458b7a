"""Where checkpoints come from: the model hub, a local folder, or the service's own packages."""
