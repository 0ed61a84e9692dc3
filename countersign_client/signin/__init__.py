"""How people and programs prove to Identity-Aware Proxy who they are.

Sources: https://cloud.google.com/iap/docs/authentication-howto and
https://developers.google.com/identity/protocols/oauth2/native-app.
"""
