"""The local run: everything on one machine that has Python, under one supervisor.

Only the standard library is loaded here: the supervisor stays for as long as the chat does.
"""
