"""Files that clients send: uploads in parts, and recordings that were received whole."""
