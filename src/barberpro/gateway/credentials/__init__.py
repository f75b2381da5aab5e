"""What shows who is calling, judged by the letter of its RFC: functions of headers, certificate, digest and time.

Nothing in here asks a database, a network or a clock; `gateway/identify` does, and puts the pieces together.
"""
