"""Everything that knows Twilio, and nothing else does: signatures, the two channels, the last
resort and the REST gateway.

The web process imports all of it but `gateway`, which alone pulls in `twilio.rest` (21 to 31 MB).
"""
