"""Whether a resource's data comes as often as its catalogue entry promises."""
