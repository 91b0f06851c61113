"""Tables as Python has them (files, pandas DataFrames, lists of dicts), and as the server wants them."""

import datetime
import json
import math
import os
import re
import tempfile

from . import dataset, hanami_exceptions, hanami_request


class Table:
    """A table on the server, for as long as it is needed."""

    def __init__(self, hanami, table, options):
        self.hanami, self.table, self.options = hanami, table, {"repair_header": True, "temporary": True, **options}

    def __enter__(self):
        where = (self.hanami.token, self.hanami.address)
        name = "table " + re.sub(r"\D", "", datetime.datetime.now().isoformat())
        self.name = "table"
        if isinstance(self.table, (str, os.PathLike)):
            self.name = cluster_name(os.fspath(self.table))
            self.uuid = dataset.upload_table(*where, name, os.fspath(self.table), self.hanami.verify_connection, **self.options)
            return self
        rows, _ = rows_of(self.table)
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False, encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        try:
            self.uuid = dataset.upload_table(*where, name, file.name, self.hanami.verify_connection, **self.options)
        finally:
            os.unlink(file.name)
        return self

    def __exit__(self, *_):
        delete_dataset(self.hanami, self.uuid)


def delete_dataset(hanami, uuid: str) -> None:
    """Deletes what was needed for a while."""
    try:
        hanami_request.delete(hanami.token, hanami.address, "/dataset", {"uuid": uuid, "force": "true"}, hanami.verify_connection)
    except hanami_exceptions.HanamiException:
        pass


def rows_of(table):
    """Rows of names and values of a DataFrame or of dicts, and the index of a DataFrame. Gaps of all kinds are None; times are ISO 8601."""
    if hasattr(table, "to_dict") and hasattr(table, "index"):
        names = [str(name) for name in table.columns]
        columns = [[_plain(value) for value in table.iloc[:, i].tolist()] for i in range(len(names))]
        return [dict(zip(names, values)) for values in zip(*columns)] if columns else [], table.index
    return [{str(name): _plain(value) for name, value in row.items()} for row in table], None


def _plain(value):
    """A value as JSON has it."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    # NaT of pandas is no time, though it has the methods of one.
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat() if value == value else None
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def frame(answers, index, all):
    import pandas

    columns = {}
    for target in answers[0] if answers else []:
        values = [answer[target] for answer in answers]
        columns[target] = [value.get("value") for value in values]
        if "probabilities" not in values[0]:
            continue
        columns[f"{target}_probability"] = [value["probabilities"].get(str(value["value"])) for value in values]
        if all:
            for label in values[0]["probabilities"]:
                columns[f"{target}_{label}"] = [value["probabilities"].get(label, 0.0) for value in values]
    return pandas.DataFrame(columns, index=index)


def cluster_name(path: str) -> str:
    bare = re.sub(r"[^A-Za-z0-9_\- ]", "_", os.path.basename(path).split(".")[0])
    return bare[:200] if re.match(r"[A-Za-z].{3}", bare) else f"table {bare}"[:200]


def template_of(outputs) -> str:
    """A template for tables: one input for all columns, and an output for each target."""
    lines = "".join(f"    {name}: 3,1,1\n" for name in outputs)
    return f"version: 1\nhexagons:\n    1,1,1\n    2,1,1\n    3,1,1\ninputs:\n    features: 1,1,1\noutputs:\n{lines}"


def output_names(targets, columns) -> dict:
    """The outputs of targets, by names as templates allow them."""
    taken = {column for column in columns if column not in targets}
    outputs = {}
    for target in targets:
        bare = re.sub(r"^-", "_", re.sub(r"[^A-Za-z0-9_-]", "_", target))[:200] or "target"
        name, count = bare, 2
        while name in taken or name in outputs:
            name, count = f"{bare}_{count}", count + 1
        outputs[name] = target
    return outputs
