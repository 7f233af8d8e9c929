"""People at the pages, and how they prove who they are."""
