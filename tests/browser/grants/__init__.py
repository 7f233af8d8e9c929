"""The pages about grants beside the browser's: devices, machines, trusted issuers, protected resources, exchanges."""
