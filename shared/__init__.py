"""What every deployable uses and none owns: no business rule of a service may live here."""
