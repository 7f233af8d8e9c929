"""The page to try one's tools on, while DEBUG is on."""
