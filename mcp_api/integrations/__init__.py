"""Tools made of what a project has already: REST framework's views, and querysets."""
