"""The binary messages of the websocket (proto/hanami_messages.proto), described here so that no code has to be generated."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "hanami"

REQUEST_TYPE = 0
TRAIN_TYPE = 1

INPUT_BUFFER_TYPE = 0
OUTPUT_BUFFER_TYPE = 1
EXPECTED_BUFFER_TYPE = 2


def _describe() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="hanami_messages.proto", package=_PACKAGE, syntax="proto3")
    for name, values in (
        ("ClusterProcessType", ("REQUEST_TYPE", "TRAIN_TYPE")),
        ("TargetBufferType", ("INPUT_BUFFER_TYPE", "OUTPUT_BUFFER_TYPE", "EXPECTED_BUFFER_TYPE")),
    ):
        enum = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, (field, kind, repeated, type_name) in enumerate(fields, start=1):
            label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            entry = described.field.add(name=field, number=number, type=kind, label=label)
            if type_name:
                entry.type_name = f".{_PACKAGE}.{type_name}"

    message(
        "ClusterIO_Message",
        ("bufferName", _FIELD.TYPE_STRING, False, None),
        ("isLast", _FIELD.TYPE_BOOL, False, None),
        ("processType", _FIELD.TYPE_ENUM, False, "ClusterProcessType"),
        ("targetBufferType", _FIELD.TYPE_ENUM, False, "TargetBufferType"),
        ("numberOfValues", _FIELD.TYPE_UINT64, False, None),
        ("values", _FIELD.TYPE_FLOAT, True, None),
    )
    message("FileUpload_Message", ("position", _FIELD.TYPE_UINT64, False, None), ("data", _FIELD.TYPE_BYTES, False, None))
    message("FileUploadResponse_Message", ("success", _FIELD.TYPE_BOOL, False, None), ("errorMessage", _FIELD.TYPE_STRING, False, None))
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_describe())


def _message_class(name: str):
    descriptor = _pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool).GetPrototype(descriptor)


ClusterIO_Message = _message_class("ClusterIO_Message")
FileUpload_Message = _message_class("FileUpload_Message")
FileUploadResponse_Message = _message_class("FileUploadResponse_Message")
