"""Parts of the page that the views are built from."""
