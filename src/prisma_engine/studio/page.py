"""Prisma Studio's page: Prisma's own script and style sheet, and the HTML that loads them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from prisma_engine import upstream

__all__ = ["POLICY", "File", "read_files"]

_SIGN: Final = """<svg width="12" height="14" viewBox="0 0 12 14" fill="none" xmlns="http://www.w3.org/2000/svg">
  <path
    fill-rule="evenodd"
    clip-rule="evenodd"
    d="M0.396923 8.8719C0.25789 9.09869 0.260041 9.38484 0.402469 9.60951L2.98037 13.6761C3.14768 13.94 3.47018 14.0603 3.76949 13.9705L11.2087 11.7388C11.6147 11.617 11.8189 11.1641 11.6415 10.7792L6.8592 0.405309C6.62598 -0.100601 5.92291 -0.142128 5.63176 0.332808L0.396923 8.8719ZM6.73214 2.77688C6.6305 2.54169 6.2863 2.57792 6.23585 2.82912L4.3947 11.9965C4.35588 12.1898 4.53686 12.3549 4.72578 12.2985L9.86568 10.7642C10.0157 10.7194 10.093 10.5537 10.0309 10.41L6.73214 2.77688Z"
    fill="currentColor"
  />
</svg>"""  # noqa: E501  -- Prisma's own drawing

_CONFIGURATION: Final = 'window.__STUDIO_CONFIG__ = {"adapter":"postgres"};'
_INDEX: Final = f"""<!doctype html>
<html lang="en" style="height: 100%">
  <head>
    <meta charset="UTF-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>Prisma Studio</title>
    <link rel="icon" href="data:image/svg+xml,{quote(_SIGN)}" type="image/svg+xml">
    <link rel="stylesheet" href="/studio.css">
    <style>
      html, body, #root {{ height: 100%; }}
      body {{ color: black; margin: 0; padding: 0; }}
    </style>
  </head>
  <body>
    <div id="root"></div>
    <script>{_CONFIGURATION}</script>
    <script type="module" src="/studio.js"></script>
  </body>
</html>"""

_HASH: Final = base64.b64encode(hashlib.sha256(_CONFIGURATION.encode()).digest()).decode()
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' 'sha256-{_HASH}'",
        "style-src 'self' 'unsafe-inline'",  # the page's own, on every element that it places
        "img-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""What the page may load and reach: nothing but Studio itself, so that it calls nobody and nobody frames it."""


@dataclass(frozen=True, slots=True)
class File:
    """Something that a browser gets; `tag` tells it that it has the file already."""

    media_type: str
    body: bytes
    tag: str | None = None


def read_files() -> dict[str, File]:
    """What a browser gets, by path. Errors: ArtifactError when the package lacks one of Prisma's files."""
    return {
        "/": File("text/html; charset=utf-8", _INDEX.encode()),
        "/favicon.ico": File("image/svg+xml", _SIGN.encode()),
        "/studio.js": _prismas("text/javascript; charset=utf-8", "studio.js"),
        "/studio.css": _prismas("text/css; charset=utf-8", "studio.css"),
    }


def _prismas(media_type: str, name: str) -> File:
    return File(media_type, upstream.path(name).read_bytes(), f'"{upstream.FILES[name]}"')
