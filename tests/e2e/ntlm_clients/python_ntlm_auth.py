"""python3-ntlm-auth: NTLMv2 with a MIC, or an older form. It needs MD4, which OpenSSL 3 has in its legacy provider
alone: set OPENSSL_CONF to legacy.cnf."""
from ntlm_auth.gss_channel_bindings import GssChannelBindingsStruct
from ntlm_auth.ntlm import NtlmContext

import pop3_blobs

LEVELS = {"ntlmv1": 0, "ntlm2-session": 2, "ntlmv2": 3}


class Client:
    def __init__(self, user, domain, password, form, bindings):
        struct = None
        if bindings:
            struct = GssChannelBindingsStruct()
            struct[struct.APPLICATION_DATA] = bindings
        self._context = NtlmContext(user, password, domain, "WKS", struct, LEVELS[form])

    def negotiate(self):
        return self._context.step()

    def authenticate(self, challenge):
        return self._context.step(challenge)


pop3_blobs.run(Client)
