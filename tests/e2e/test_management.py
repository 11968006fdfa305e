"""What operators do with accounts, against the running services."""
import json
import socket

import pytest

from pop3_client import LogonRefused, log_on
