"""A local telephone network that speaks Twilio's REST API and webhooks, with handsets in the browser.

It is a stranger to the line: it imports nothing of it and is reached only over HTTP, as Twilio would be.
"""
