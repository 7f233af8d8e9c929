"""Below a path of its host, behind real proxies with the configuration of docs/deploy.md."""
