"""What is recorded during training, when, and where it goes."""
