"""Real-name registries: implementations of `identity.ports.Registry`."""
