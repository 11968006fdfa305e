"""python3-impacket: NTLMv2 with LMv2, or the NTLM2 session response."""
from impacket import ntlm

import pop3_blobs


class Client:
    def __init__(self, user, domain, password, form, bindings):
        assert form in ("ntlmv2", "ntlm2-session") and bindings is None
        self._user, self._domain, self._password = user, domain, password
        self._ntlmv2 = form == "ntlmv2"

    def negotiate(self):
        self._negotiate = ntlm.getNTLMSSPType1("WKS", self._domain, use_ntlmv2=self._ntlmv2)
        return self._negotiate.getData()

    def authenticate(self, challenge):
        message, _ = ntlm.getNTLMSSPType3(self._negotiate, challenge, self._user, self._password, self._domain,
                                          use_ntlmv2=self._ntlmv2)
        return message.getData()


pop3_blobs.run(Client)
