"""Web addresses, connections and certificates, as tests need them."""
