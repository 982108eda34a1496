"""`yunting backup`, `yunting restore` and the drill."""
