"""What a person needs to judge a policy: its outline, whether it is well written, what its cases cover, its changes."""
