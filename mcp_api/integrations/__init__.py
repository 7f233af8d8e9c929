"""Tools from REST framework's views, and from querysets."""
