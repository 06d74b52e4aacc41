"""Reads YAML and JSON documents with positions, resolves references, applies overlays."""
