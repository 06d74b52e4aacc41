"""HTTP helpers that several products share: URLs, headers, TLS and proxies, curl commands, redaction of credentials."""
