"""The compiled data plane: C for the packets, a thin Python face for the verbs."""
