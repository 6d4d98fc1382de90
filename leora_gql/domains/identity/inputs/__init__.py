"""The inputs of the identity domain's mutations."""
