"""Places for copies of finished files: `filesystem`, `s3`. See `records.ports.BlobStore`."""
