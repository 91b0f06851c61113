"""Data sets: upload, look, compare, download."""

import hashlib
import io
import json
import os
import time

from . import hanami_exceptions, hanami_request
from .hanami_request import keywords
from .hanami_messages import FileUpload_Message, FileUploadResponse_Message

_PIECE = 128 * 1024
# Bytes at the beginning and the end of a file that it is known by.
_SAMPLE = 1 << 20
# Connections in a row that may bring nothing before an upload is given up.
_FRUITLESS = 5


async def _send_pieces(token, address, file_uuid, file, size, received, verify_connection):
    """Sends what lies outside of the ranges that have arrived, over one connection."""
    ws = await hanami_request.open_websocket(token, address, "file_upload", file_uuid, verify_connection)
    try:
        edges = [0, *(edge for piece in received for edge in piece), size]
        for start, end in zip(edges[::2], edges[1::2]):
            for position in range(start, end, _PIECE):
                file.seek(position)
                data = file.read(min(_PIECE, end - position))
                await ws.send(FileUpload_Message(position=position, data=data).SerializeToString())
                answer = FileUploadResponse_Message.FromString(await ws.recv())
                if not answer.success:
                    raise hanami_exceptions.BadRequestException(answer.errorMessage)
    finally:
        await ws.close()


def _send_file(token, address, dataset_uuid, file_uuid, path, verify_connection):
    """Sends a file over as many connections as it takes; what the server has is not sent again."""
    size = os.path.getsize(path)

    def received():
        values = {"uuid": dataset_uuid}
        progress = json.loads(
            hanami_request.patiently(lambda: hanami_request.get(token, address, "/dataset/progress", values, verify_connection))
        )
        if progress["complete"]:
            return [[0, size]]
        return next((file["received"] for file in progress["files"] if file["uuid"] == file_uuid), [])

    have = received()
    fruitless = 0
    with open(path, "rb") as file:
        while have != [[0, size]]:
            try:
                hanami_request.run(_send_pieces(token, address, file_uuid, file, size, have, verify_connection))
                return
            except Exception as error:
                if not hanami_request.passes(error):
                    raise
                before, have = have, received()
                fruitless = fruitless + 1 if have == before else 0
                if fruitless >= _FRUITLESS:
                    raise


def _fingerprint(path) -> str:
    """What a file is known by when an upload goes on: its size, when it was changed, its beginning and its end."""
    status = os.stat(path)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        digest.update(file.read(_SAMPLE))
        file.seek(max(0, status.st_size - _SAMPLE))
        digest.update(file.read(_SAMPLE))
    return f"{status.st_size}-{round(status.st_mtime_ns / 1e6)}-{digest.hexdigest()}"


def _unfinished(token, address, kind, name, known, verify_connection):
    """The unfinished upload of that name and these files; None if there is none of the name."""
    uploads = json.loads(hanami_request.get(token, address, "/dataset/upload/all", {}, verify_connection))["uploads"]
    alike = [found for found in uploads if found["kind"] == kind and found["name"] == name]
    for found in alike:
        files = found["files"]
        if all(known.get(f"{file['part']}_fingerprint") == file.get("fingerprint") for file in files):
            return {"uuid": found["uuid"], **{f"uuid_{file['part']}_file": file["uuid"] for file in files}}
    if alike:
        raise hanami_exceptions.ConflictException(
            f"the unfinished upload '{name}' ({alike[0]['uuid']}) is of another file, or the file has changed since"
        )
    return None


def _upload(token, address, kind, dataset_name, files, verify_connection, resume, options=None) -> str:
    options = dict(options or {})
    known = {"name": dataset_name, **({"temporary": True} if options.pop("temporary", False) else {})}
    for part, path in files.items():
        known[f"{part}_data_size"] = os.path.getsize(path)
        known[f"{part}_fingerprint"] = _fingerprint(path)
    announced = _unfinished(token, address, kind, dataset_name, known, verify_connection) if resume else None
    if announced is None:
        announced = json.loads(hanami_request.post(token, address, f"/dataset/upload/{kind}", known, verify_connection))
    uuid = announced["uuid"]
    uuids = {f"uuid_{part}_file": announced[f"uuid_{part}_file"] for part in files}
    try:
        for part, path in files.items():
            _send_file(token, address, uuid, uuids[f"uuid_{part}_file"], path, verify_connection)
        finish = {"uuid": uuid, **uuids, **options}
        hanami_request.patiently(lambda: hanami_request.put(token, address, f"/dataset/upload/{kind}", finish, verify_connection))
    except hanami_exceptions.BadRequestException:
        # A file that is refused as it is will not get better; anything else may go on later.
        delete_dataset(token, address, uuid, verify_connection)
        raise
    return uuid


def wait_until_upload_complete(token: str, address: str, uuid: str, verify_connection: bool = True) -> bool:
    """Waits until all bytes of an upload have arrived."""
    while not json.loads(hanami_request.get(token, address, "/dataset/progress", {"uuid": uuid}, verify_connection))["complete"]:
        time.sleep(0.2)
    return True


async def send_data(token: str, address: str, dataset_uuid: str, file_uuid: str, data: bytes, verify_connection: bool = True) -> bool:
    """Sends the bytes of an announced file; false if the server does not want them."""
    try:
        await _send_pieces(token, address, file_uuid, io.BytesIO(data), len(data), [], verify_connection)
    except hanami_exceptions.BadRequestException:
        return False
    return True


@keywords(name="dataset_name")
def upload_mnist_files(
    token: str,
    address: str,
    dataset_name: str,
    input_file_path: str,
    label_file_path: str,
    verify_connection: bool = True,
    resume: bool = False,
) -> str:
    """
    Uploads two IDX files; returns the uuid of the data set. If a file is faulty, nothing is left on the server. Where the connection is lost, it goes on with
    what has not arrived; with resume, also with an unfinished upload of the same name and files.
    """
    return _upload(token, address, "mnist", dataset_name, {"input": input_file_path, "label": label_file_path}, verify_connection, resume)


@keywords(name="dataset_name")
def upload_csv_files(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True, resume: bool = False) -> str:
    """Uploads a CSV file; returns the uuid of the data set."""
    return _upload(token, address, "csv", dataset_name, {"input": input_file_path}, verify_connection, resume)


@keywords(name="dataset_name")
def upload_table(
    token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True, resume: bool = False, **options
) -> str:
    """
    Uploads a table: CSV, JSON lines, Excel, Arrow or Parquet, also compressed; returns the uuid of the data set. options say what is known of it:
    kinds={"zip": "category"}, skip=["id"], missing=["-9999"], delimiter, header, repair_header, decimal, dates, sheet, sort_by ("auto": the first column of times);
    temporary=True: the server removes it when no task has used it for a while.
    """
    return _upload(token, address, "table", dataset_name, {"input": input_file_path}, verify_connection, resume, options)


@keywords(name="dataset_name")
def upload_arrow_file(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True, resume: bool = False) -> str:
    """Uploads an Arrow IPC (Feather) file; returns the uuid of the data set."""
    return _upload(token, address, "arrow", dataset_name, {"input": input_file_path}, verify_connection, resume)


@keywords(name="dataset_name")
def upload_parquet_file(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True, resume: bool = False) -> str:
    """Uploads a Parquet file; returns the uuid of the data set."""
    return _upload(token, address, "parquet", dataset_name, {"input": input_file_path}, verify_connection, resume)


def get_dataset(token: str, address: str, dataset_uuid: str, verify_connection: bool = True) -> bytes:
    """Tells about a data set."""
    return hanami_request.get(token, address, "/dataset", {"uuid": dataset_uuid}, verify_connection)


def list_datasets(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists all visible data sets."""
    return hanami_request.get(token, address, "/dataset/all", {}, verify_connection)


@keywords(checkpoint_uuid="dataset_uuid")
def delete_dataset(token: str, address: str, dataset_uuid: str, verify_connection: bool = True, force: bool = False) -> bytes:
    """Deletes a data set; with force, tasks that use it are aborted."""
    values = {"uuid": dataset_uuid, **({"force": "true"} if force else {})}
    return hanami_request.delete(token, address, "/dataset", values, verify_connection)


@keywords(result_dataset_uuid="reference_dataset_uuid", reference_uuid="reference_dataset_uuid")
def check_mnist_dataset(
    token: str, address: str, dataset_uuid: str, reference_dataset_uuid: str, verify_connection: bool = True
) -> bytes:
    """Percent of rows that a result has right, by the labels of a reference."""
    values = {"uuid": dataset_uuid, "reference_uuid": reference_dataset_uuid}
    return hanami_request.get(token, address, "/dataset/check", values, verify_connection)


def evaluate_dataset(token: str, address: str, dataset_uuid: str, reference_dataset_uuid: str, verify_connection: bool = True) -> bytes:
    """Compares a result with a reference: accuracy, confusion matrix, precision and recall; MSE, MAE and R²."""
    values = {"uuid": dataset_uuid, "reference_uuid": reference_dataset_uuid}
    return hanami_request.get(token, address, "/dataset/evaluate", values, verify_connection)


def download_dataset_content(
    token: str,
    address: str,
    dataset_uuid: str,
    column_name: str,
    number_of_rows: int = 1,
    row_offset: int = 0,
    verify_connection: bool = True,
) -> bytes:
    """Reads rows of one column."""
    values = {"uuid": dataset_uuid, "column_name": column_name, "number_of_rows": number_of_rows, "row_offset": row_offset}
    return hanami_request.get(token, address, "/dataset/content", values, verify_connection)


def download_dataset(
    token: str, address: str, dataset_uuid: str, file_path: str, format: str = "csv", verify_connection: bool = True
) -> None:
    """Saves a whole data set as a CSV or Arrow file."""
    hanami_request.download(token, address, "/dataset/download", {"uuid": dataset_uuid, "format": format}, file_path, verify_connection)
