"""Face engines; `identity.engine.FaceEngine` says what each of them keeps."""
