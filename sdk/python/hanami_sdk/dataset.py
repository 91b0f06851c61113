"""Data sets: upload, look, compare, download."""

import json
import os

import requests

from . import hanami_exceptions, hanami_request
from .hanami_messages import FileUpload_Message, FileUploadResponse_Message

_PIECE = 128 * 1024


async def _send_file(token, address, file_uuid, path, verify_connection):
    ws = await hanami_request.open_websocket(token, address, "file_upload", file_uuid, verify_connection)
    try:
        with open(path, "rb") as file:
            position = 0
            while data := file.read(_PIECE):
                await ws.send(FileUpload_Message(position=position, data=data).SerializeToString())
                answer = FileUploadResponse_Message.FromString(await ws.recv())
                if not answer.success:
                    raise hanami_exceptions.BadRequestException(answer.errorMessage)
                position += len(data)
    finally:
        await ws.close()


def _upload(token, address, kind, dataset_name, files, verify_connection) -> str:
    sizes = {f"{part}_data_size": os.path.getsize(path) for part, path in files.items()}
    created = json.loads(
        hanami_request.post(token, address, f"/dataset/upload/{kind}", {"name": dataset_name, **sizes}, verify_connection)
    )
    uuid = created["uuid"]
    uuids = {f"uuid_{part}_file": created[f"uuid_{part}_file"] for part in files}
    try:
        for part, path in files.items():
            hanami_request.run(_send_file(token, address, uuids[f"uuid_{part}_file"], path, verify_connection))
        hanami_request.put(token, address, f"/dataset/upload/{kind}", {"uuid": uuid, **uuids}, verify_connection)
    except Exception:
        delete_dataset(token, address, uuid, verify_connection)
        raise
    return uuid


def upload_mnist_files(
    token: str,
    address: str,
    dataset_name: str,
    input_file_path: str,
    label_file_path: str,
    verify_connection: bool = True,
) -> str:
    """Uploads two IDX files; returns the uuid of the data set. If a file is faulty, nothing is left on the server."""
    return _upload(token, address, "mnist", dataset_name, {"input": input_file_path, "label": label_file_path}, verify_connection)


def upload_csv_files(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True) -> str:
    """Uploads a CSV file; returns the uuid of the data set."""
    return _upload(token, address, "csv", dataset_name, {"input": input_file_path}, verify_connection)


def upload_arrow_file(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True) -> str:
    """Uploads an Arrow IPC (Feather) file; returns the uuid of the data set."""
    return _upload(token, address, "arrow", dataset_name, {"input": input_file_path}, verify_connection)


def upload_parquet_file(token: str, address: str, dataset_name: str, input_file_path: str, verify_connection: bool = True) -> str:
    """Uploads a Parquet file; returns the uuid of the data set."""
    return _upload(token, address, "parquet", dataset_name, {"input": input_file_path}, verify_connection)


def get_dataset(token: str, address: str, dataset_uuid: str, verify_connection: bool = True) -> str:
    """Tells about a data set."""
    return hanami_request.get(token, address, "/dataset", {"uuid": dataset_uuid}, verify_connection)


def list_datasets(token: str, address: str, verify_connection: bool = True) -> str:
    """Lists all visible data sets."""
    return hanami_request.get(token, address, "/dataset/all", {}, verify_connection)


def delete_dataset(token: str, address: str, dataset_uuid: str, verify_connection: bool = True) -> str:
    """Deletes a data set."""
    return hanami_request.delete(token, address, "/dataset", {"uuid": dataset_uuid}, verify_connection)


def check_mnist_dataset(
    token: str, address: str, dataset_uuid: str, reference_dataset_uuid: str, verify_connection: bool = True
) -> str:
    """Percent of rows that a result has right, by the labels of a reference."""
    values = {"uuid": dataset_uuid, "reference_uuid": reference_dataset_uuid}
    return hanami_request.get(token, address, "/dataset/check", values, verify_connection)


def evaluate_dataset(token: str, address: str, dataset_uuid: str, reference_dataset_uuid: str, verify_connection: bool = True) -> str:
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
) -> str:
    """Reads rows of one column."""
    values = {"uuid": dataset_uuid, "column_name": column_name, "number_of_rows": number_of_rows, "row_offset": row_offset}
    return hanami_request.get(token, address, "/dataset/content", values, verify_connection)


def download_dataset(
    token: str, address: str, dataset_uuid: str, file_path: str, format: str = "csv", verify_connection: bool = True
) -> None:
    """Saves a whole data set as a CSV or Arrow file."""
    url = address.rstrip("/") + hanami_request.PREFIX + "/dataset/download"
    values = {"uuid": dataset_uuid, "format": format}
    with requests.get(url, params=values, headers={"X-Auth-Token": token}, verify=verify_connection, stream=True) as response:
        if response.status_code != 200:
            raise hanami_exceptions.exception_for(response.status_code, response.text)
        with open(file_path, "wb") as file:
            for chunk in response.iter_content(1 << 20):
                file.write(chunk)
