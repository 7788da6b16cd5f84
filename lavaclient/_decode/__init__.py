"""From the bytes of an answer to typed models."""
