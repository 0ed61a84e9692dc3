"""An Identity-Aware Proxy on one machine: who is signed in, what it asserts about them, and what it refuses.

Sources: https://cloud.google.com/iap/docs/signed-headers-howto, /identity-howto, /external-identity-sessions,
/sessions-howto, /query-parameters-and-headers-howto and /authentication-howto below the same address.
"""
