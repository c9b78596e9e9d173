"""Local stand-ins for the services that Factory manages."""
