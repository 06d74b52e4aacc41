"""Plan, send, judge, verdict. Only :mod:`chat_verifier.target.client` touches the network.

planning/    the contract -> scripts: what to send, in which order, and what belongs to one conversation
client       a request -> what came of it
runner       scripts -> observations, each judged by chat_contract
verdict      observations -> causes, verdicts by clause, the verdict of the run
reproduce    an observation -> the curl command or shell script that shows it again
reports      the verdict -> text and JSON
"""
