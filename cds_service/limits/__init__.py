"""What one call, and one client, may ask of this service."""
