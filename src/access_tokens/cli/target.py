"""What the command line says about the service, and the service that it stands for."""

from __future__ import annotations

from attrs import field, frozen

from .._secret import Masked, Secret, mask


@frozen(kw_only=True, eq=False)
class Given(Masked):
    """The options of the command line that say where the service is. None stands for one that is not given.

    Attributes:
        endpoints: The values of `--endpoint`, each with one name or several behind commas.
    """

    url: str | None = None
    endpoints: tuple[str, ...] = ()
    admin_token: Secret | None = field(default=None, repr=mask)
    admin_token_file: str | None = None
    auth_path: str | None = None
    admin_path: str | None = None
    config_dir: str | None = None


@frozen(kw_only=True, eq=False)
class Target(Masked):
    """A service, and the PAT for it.

    Attributes:
        name: The name of the endpoint, else the URL.
        url: Without a trailing slash. Whether http:// is safe enough there, the client decides.
    """

    name: str
    url: str
    pat: Secret = field(repr=mask)
    auth_path: str
    admin_path: str
