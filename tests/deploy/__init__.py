"""What setting up and running the platform promises."""
