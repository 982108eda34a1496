"""The data plane in use: `make_data_plane` picks it (YUNTING_DATAPLANE=plain forces the Python one)."""
