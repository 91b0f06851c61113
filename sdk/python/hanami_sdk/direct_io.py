"""Direct talk with a cluster over the websocket that cluster.switch_to_direct_mode returns."""

import websockets

from . import hanami_exceptions
from .hanami_request import keywords
from .hanami_messages import INPUT_BUFFER_TYPE, REQUEST_TYPE, TRAIN_TYPE, ClusterIO_Message

_POLICY_FAULTS = (1007, 1008)


_names = keywords(hexagon_name="name", brick_name="name")


async def _exchange(ws, process_type, target, name, values, is_last):
    message = ClusterIO_Message(
        bufferName=name,
        isLast=is_last,
        processType=process_type,
        targetBufferType=target,
        numberOfValues=len(values),
        values=values,
    )
    try:
        await ws.send(message.SerializeToString())
        return ClusterIO_Message.FromString(await ws.recv())
    except websockets.exceptions.ConnectionClosed as error:
        raise _reason_of(error) from error


def _reason_of(error):
    closing = getattr(error, "rcvd", None)
    if closing is not None and closing.code in _POLICY_FAULTS:
        return hanami_exceptions.BadRequestException(closing.reason)
    return error


@_names
async def send_train_input(ws, name: str, values: list, *flags: bool, is_input=None, is_last=None, verify_connection=True) -> None:
    """
    Fills a buffer of a training: the values of an input, or what is expected of an output.
    send_train_input(ws, name, values, is_last), or send_train_input(ws, name, values, is_input, is_last[, verify_connection]).
    With is_last, one cycle is trained with what the buffers hold. What a buffer is shows by its name; is_input is for older programs.
    """
    if is_last is None:
        is_last = flags[-1] if len(flags) == 1 or is_input is not None else flags[1]
    await _exchange(ws, TRAIN_TYPE, INPUT_BUFFER_TYPE, name, values, is_last)


@_names
async def send_request_input(ws, name: str, values: list, is_last: bool, verify_connection: bool = True) -> list:
    """
    Fills an input of a request. With is_last, the cluster is asked; the answer is what its first output says.
    Before, the answer is empty. The answers of all outputs are given by send_request_inputs.
    """
    if not is_last:
        await _exchange(ws, REQUEST_TYPE, INPUT_BUFFER_TYPE, name, values, False)
        return []
    answers = await _ask(ws, name, values)
    return list(next(iter(answers.values())))


@_names
async def send_request_inputs(ws, inputs: dict) -> dict:
    """Asks with the values of every input; the values of every output by its name."""
    *before, last = inputs.items()
    for name, values in before:
        await _exchange(ws, REQUEST_TYPE, INPUT_BUFFER_TYPE, name, values, False)
    return await _ask(ws, *last)


async def _ask(ws, name, values) -> dict:
    answer = await _exchange(ws, REQUEST_TYPE, INPUT_BUFFER_TYPE, name, values, True)
    answers = {answer.bufferName: list(answer.values)}
    while not answer.isLast:
        answer = ClusterIO_Message.FromString(await ws.recv())
        answers[answer.bufferName] = list(answer.values)
    return answers
