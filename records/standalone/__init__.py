"""What both programs that are handed to strangers as one file share: parts of the standard library alone, and what
puts modules into one file."""
