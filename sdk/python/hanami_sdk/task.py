"""Tasks: trainings and requests in the queue of a cluster."""

import json
import time

from . import hanami_exceptions, hanami_request
from .hanami_request import keywords


@keywords(timeLength="time_length", task_name="name")
def create_train_task(
    token: str,
    address: str,
    name: str,
    cluster_uuid: str,
    inputs: list,
    outputs: list,
    time_length: int = 1,
    verify_connection: bool = True,
    epochs: int = 1,
) -> bytes:
    """Queues a training. Entries of inputs and outputs have dataset_uuid, dataset_column and hexagon_name."""
    values = {"name": name, "cluster_uuid": cluster_uuid, "inputs": inputs, "outputs": outputs, "time_length": time_length, "epochs": epochs}
    return hanami_request.post(token, address, "/task/train", values, verify_connection)


@keywords(timeLength="time_length", task_name="name")
def create_request_task(
    token: str,
    address: str,
    name: str,
    cluster_uuid: str,
    inputs: list,
    results: list,
    time_length: int = 1,
    verify_connection: bool = True,
) -> bytes:
    """Queues a request; its result is a data set with the task's uuid. Entries of results have dataset_column and hexagon_name."""
    values = {"name": name, "cluster_uuid": cluster_uuid, "inputs": inputs, "results": results, "time_length": time_length}
    return hanami_request.post(token, address, "/task/request", values, verify_connection)


def get_task(token: str, address: str, task_uuid: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Tells about a task and its progress."""
    return hanami_request.get(token, address, "/task", {"uuid": task_uuid, "cluster_uuid": cluster_uuid}, verify_connection)


def list_tasks(token: str, address: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Lists the tasks of a cluster."""
    return hanami_request.get(token, address, "/task/all", {"cluster_uuid": cluster_uuid}, verify_connection)


def delete_task(token: str, address: str, task_uuid: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Deletes a task; an active one is aborted."""
    return hanami_request.delete(token, address, "/task", {"uuid": task_uuid, "cluster_uuid": cluster_uuid}, verify_connection)


def wait_for_task(
    token: str, address: str, task_uuid: str, cluster_uuid: str, verify_connection: bool = True, seconds_between: float = 0.2
) -> bytes:
    """Waits for the end of a task, also through restarts of the server. Raises HanamiException with the reason of one that failed or was aborted."""
    while True:
        result = hanami_request.patiently(lambda: get_task(token, address, task_uuid, cluster_uuid, verify_connection))
        found = json.loads(result)
        if found["state"] == "finished":
            return result
        if found["state"] in ("failed", "aborted"):
            raise hanami_exceptions.HanamiException(f"the task {found['state']}: {found.get('reason', 'no reason is known')}")
        time.sleep(seconds_between)
