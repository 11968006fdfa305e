"""gss-ntlmssp, by python3-gssapi: NTLMv2 with channel bindings. It takes CORP\\user and user@realm apart itself."""
import gssapi
from gssapi.raw import ChannelBindings, acquire_cred_with_password

import pop3_blobs

NTLMSSP = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")


class Client:
    def __init__(self, user, domain, password, form, bindings):
        assert form == "ntlmv2"
        name = gssapi.Name(f"{domain}\\{user}" if domain else user, gssapi.NameType.user)
        credentials = acquire_cred_with_password(name, password.encode(), mechs=[NTLMSSP], usage="initiate").creds
        self._context = gssapi.SecurityContext(
            name=gssapi.Name("pop@localhost", gssapi.NameType.hostbased_service), mech=NTLMSSP, usage="initiate",
            creds=gssapi.Credentials(credentials),
            channel_bindings=ChannelBindings(application_data=bindings) if bindings else None)

    def negotiate(self):
        return self._context.step()

    def authenticate(self, challenge):
        return self._context.step(challenge)


pop3_blobs.run(Client)
