"""`python -m yunting`."""

from yunting.cli import main

if __name__ == "__main__":
    main()
