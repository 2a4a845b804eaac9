"""The rules of the house (how this code is written), executed over every part of it."""
