"""Samba's client library, by python3-samba: NTLMv2 with a MIC that its flags do not promise."""
from samba import credentials, gensec, param

import pop3_blobs


class Client:
    def __init__(self, user, domain, password, form, bindings):
        assert form == "ntlmv2" and bindings is None
        settings = param.LoadParm()
        login = credentials.Credentials()
        login.guess(settings)
        login.set_username(user)
        login.set_domain(domain)
        login.set_password(password)
        login.set_kerberos_state(credentials.DONT_USE_KERBEROS)
        self._context = gensec.Security.start_client({"lp_ctx": settings, "target_hostname": "localhost"})
        self._context.set_credentials(login)
        self._context.set_target_service("pop")
        self._context.start_mech_by_name("ntlmssp")

    def negotiate(self):
        return self._context.update(b"")[1]

    def authenticate(self, challenge):
        return self._context.update(challenge)[1]


pop3_blobs.run(Client)
