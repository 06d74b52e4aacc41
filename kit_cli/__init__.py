"""The ``chat-contract`` command line. Other packages do not import it."""
