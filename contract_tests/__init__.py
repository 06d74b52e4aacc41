"""The suite: tells of any server whether it keeps the contract of POST /chat."""
