"""Starts moto as the tests need it: on a free port, ended with its starter, and true to AWS where moto is not.

Prints the port on its first line, then serves until its standard input ends.

What is mended:
- A write on a condition checks and writes in one step. moto checks, then writes: of two writers, both could win.
- A wrong checksum (Content-MD5, x-amz-checksum-*) is refused with BadDigest. moto takes it.
- ListObjectVersions begins after the key marker whether that key is there or not, and the newest of versions of one millisecond
  is the latest. moto leaves the first key out when the marker is not there, and takes the oldest for the latest.
- Connections are kept open between requests, as S3 keeps them.
- ECR: see ecr_like_aws.py.
"""

import base64
import binascii
import hashlib
import os
import re
import sys
import threading

import ecr_like_aws
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3 import models, responses
from moto.s3.exceptions import S3ClientError
from werkzeug.serving import make_server

WRITING = threading.Lock()

SUMS = {
    "crc32": lambda body: binascii.crc32(body).to_bytes(4, "big"),
    "sha1": lambda body: hashlib.sha1(body).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}


class BadDigest(S3ClientError):
    code = "BadDigest"

    def __init__(self, name):
        super().__init__("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def given(response, name):
    """The checksum `name` of a request: a header, or the trailer of a body that is sent in chunks."""
    header = f"x-amz-checksum-{name}"
    trailer = re.search(header.encode() + rb":\s*([A-Za-z0-9+/=]+)", (response.raw_body or b"")[-512:])
    return response.headers.get(header) or (trailer and trailer.group(1).decode())


def check(response):
    body = response.body or b""
    body = body.encode() if isinstance(body, str) else body
    md5 = response.headers.get("Content-Md5")
    if md5 and base64.b64decode(md5) != hashlib.md5(body).digest():
        raise BadDigest("Content-MD5")
    for name, sum_of in SUMS.items():
        value = given(response, name)
        if value and base64.b64decode(value) != sum_of(body):
            raise BadDigest(name.upper())


def put_object(self, stock=responses.S3Response.put_object):
    check(self)
    with WRITING:
        return stock(self)


def list_object_versions(
    self, bucket_name, delimiter=None, key_marker=None, max_keys=1000, prefix="", version_id_marker=None
):
    bucket = self.get_bucket(bucket_name)
    versions, markers, folders, count, last = [], [], [], 0, None
    for name in sorted(bucket.keys):
        if not name.startswith(prefix) or (key_marker and name < key_marker):
            continue
        if key_marker == name and not version_id_marker:
            continue
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            folder = name[: cut + len(delimiter)]
            if folder not in folders and not (key_marker and key_marker.startswith(folder)):
                if count == max_keys:
                    return versions, folders, markers, *last
                folders.append(folder)
                count, last = count + 1, (folder, None)
            continue
        newest_first = list(reversed(bucket.keys.getlist(name)))
        passing = key_marker == name
        for index, version in enumerate(newest_first):
            if passing:
                passing = str(version.version_id) != version_id_marker
                continue
            if count == max_keys:
                return versions, folders, markers, *last
            version.is_latest = index == 0
            (versions if isinstance(version, models.FakeKey) else markers).append(version)
            count, last = count + 1, (name, version.version_id)
    return versions, folders, markers, None, None


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def main():
    responses.S3Response.put_object = put_object
    models.S3Backend.list_object_versions = list_object_versions
    ecr_like_aws.install()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


main()
