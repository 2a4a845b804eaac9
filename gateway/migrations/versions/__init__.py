"""One file a step; each leads from the step before."""
