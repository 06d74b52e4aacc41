"""HTTP helpers that several products share: headers, TLS and proxies, redaction of credentials."""
