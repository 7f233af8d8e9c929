"""Every endpoint, sent what Hypothesis generates: no reply is a 5xx, and what is called JSON is JSON."""
