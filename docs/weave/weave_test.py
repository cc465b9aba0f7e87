"""Each way in which a page can be wrong, planted in a small tree, is caught."""
