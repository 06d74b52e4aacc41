"""Puts load on a server and judges its replies by the contract.

``launch`` starts Locust in a process of its own, which runs ``swarm``; every other module is free of Locust.
"""
