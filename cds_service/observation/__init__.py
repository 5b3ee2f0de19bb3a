"""What an operator sees of a running service: figures, whether it is ready, traces. Nothing of a patient is in it."""
