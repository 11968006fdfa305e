"""Evolution's mail library, of which only the SASL part is in its main package: the NTLM2 session response."""
import gi

gi.require_version("Camel", "1.2")
from gi.repository import Camel, GObject  # noqa: E402

import pop3_blobs  # noqa: E402


class Service(Camel.Service):
    pass


class Settings(Camel.Settings, Camel.NetworkSettings):
    auth_mechanism = GObject.Property(type=str)
    host = GObject.Property(type=str)
    port = GObject.Property(type=GObject.TYPE_UINT)
    security_method = GObject.Property(type=Camel.NetworkSecurityMethod, default=Camel.NetworkSecurityMethod.NONE)
    user = GObject.Property(type=str)


class Client:
    def __init__(self, user, domain, password, form, bindings):
        assert form == "ntlm2-session" and bindings is None
        self._session = Camel.Session(user_data_dir="/nonexistent", user_cache_dir="/nonexistent")
        self._service = Service(session=self._session, uid="pop")
        settings = Settings()
        settings.set_user(f"{domain}\\{user}" if domain else user)
        self._service.set_settings(settings)
        self._service.set_password(password)
        self._sasl = Camel.Sasl.new("pop", "NTLM", self._service)

    def negotiate(self):
        return bytes(self._sasl.challenge_sync(b"", None))

    def authenticate(self, challenge):
        return bytes(self._sasl.challenge_sync(challenge, None))


pop3_blobs.run(Client)
