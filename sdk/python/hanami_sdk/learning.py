"""
From a table to answers: learn from a file, a pandas DataFrame or a list of rows, and ask what came of it.

    from hanami_sdk import connect

    hanami = connect("http://127.0.0.1:11418", "asdf", "asdfasdf")
    model = hanami.learn("titanic.csv", target="survived")
    print(model.judged["survived"]["accuracy"], model.importance[:3])
    print(model.predict([{"sex": "female", "age": 22}]))

pandas is not needed for files and rows; DataFrames go in and come out where it is there.
"""

import json
import os
import re

from . import cluster, hanami_exceptions, hanami_request, hanami_token, task
from .tables import Table, delete_dataset, frame, output_names, rows_of, template_of

_CALL_ROWS = 5000
_PAGE = 10_000


def connect(address: str = None, user: str = None, passphrase: str = None, verify_connection: bool = True) -> "Hanami":
    """
    Logs in to a server. What is left out is taken from HANAMI_ADDRESS (else http://127.0.0.1:11418), HANAMI_USER and HANAMI_PASSPHRASE.
    Raises UnauthorizedException for a wrong user or passphrase.
    """
    address = address or os.environ.get("HANAMI_ADDRESS", "http://127.0.0.1:11418")
    user = user or os.environ.get("HANAMI_USER")
    passphrase = passphrase or os.environ.get("HANAMI_PASSPHRASE")
    if not user or not passphrase:
        raise ValueError("say user and passphrase, or set HANAMI_USER and HANAMI_PASSPHRASE")
    return Hanami(hanami_token.request_token(address, user, passphrase, verify_connection), address, verify_connection)


class Hanami:
    """A server, and who is logged in to it."""

    def __init__(self, token, address, verify_connection=True):
        self.token, self.address, self.verify_connection = token, address, verify_connection

    def call(self, method: str, path: str, values: dict):
        """Calls an endpoint of the REST API; its answer as Python has it."""
        return json.loads(hanami_request.send(method, self.token, self.address, path, values, self.verify_connection))

    def model(self, cluster_uuid: str) -> "Model":
        """A cluster that has learnt a table before."""
        return Model(self, cluster_uuid)

    def learn(
        self,
        table,
        target,
        *,
        name: str = None,
        passes="auto",
        holdout: float = 0.2,
        seed: int = 1,
        in_order: bool = False,
        forecast: int = 0,
        window: int = 1,
        **options,
    ) -> "Model":
        """
        Trains a new cluster with a table (the path of a file, a DataFrame, or a list of dicts), and judges it on rows that it did not see. target is a
        column or a list of them. options say what is known of the table: kinds={"zip": "category"}, skip=["id"], missing=["-9999"], delimiter, header,
        decimal, dates, sheet. Of a series, whose rows are put in the order of its first column of times, forecast says how many rows behind each one are learnt, also from the
        targets so far, and window how many rows, the present one and those before it, are seen at once. Raises BadRequestException naming line,
        column and value of what cannot be read.
        """
        targets = [target] if isinstance(target, str) else list(target)
        told = options.get("kinds", {})
        is_series = forecast > 0 or window > 1
        with Table(self, table, {"sort_by": "auto", **options} if is_series else options) as data:
            found = self.call("GET", "/dataset", {"uuid": data.uuid})
            notices, columns = list(found["notices"]), found["columns"]
            kinds = {}
            for wanted in targets:
                column = next((one for one in columns if one["name"] == wanted), None)
                if column is None:
                    names = ", ".join(f"'{one['name']}'" for one in columns)
                    raise hanami_exceptions.BadRequestException(f"the table has no column '{wanted}'; it has {names}")
                if column["kind"] in ("time", "text", "vector"):
                    raise hanami_exceptions.BadRequestException(
                        f"the target '{wanted}' is {column['kind']}; kinds={{'{wanted}': 'category'}} learns classes"
                    )
                if wanted not in told and column["kind"] == "number" and column.get("distinct", 3) <= 2:
                    kinds[wanted] = "category"
            if kinds:
                columns = self.call("PUT", "/dataset/kinds", {"uuid": data.uuid, "kinds": kinds})["columns"]
            if is_series:
                _must_be_in_order(columns, notices)
            usable = [one["name"] for one in columns if not one["skip"] and one["kind"] not in ("text", "vector")]
            # What was so far says most of what comes.
            inputs = [one for one in usable if forecast > 0 or one not in targets]
            if not inputs:
                raise hanami_exceptions.BadRequestException(f"the table has no column to learn {' and '.join(targets)} from")
            outputs = output_names(targets, [one["name"] for one in columns])
            uuid = self._new_cluster(name, data.name, list(outputs), seed)
            try:
                created = self.call(
                    "POST",
                    "/task/train",
                    {
                        "name": "learn",
                        "cluster_uuid": uuid,
                        "inputs": [{"dataset_uuid": data.uuid, "dataset_columns": inputs, "hexagon_name": "features"}],
                        "outputs": [
                            {"dataset_uuid": data.uuid, "dataset_column": column, "hexagon_name": output}
                            for output, column in outputs.items()
                        ],
                        "epochs": passes,
                        "shuffle": not in_order and not is_series,
                        "time_length": window,
                        "forecast_length": forecast,
                        "seed": seed,
                        "holdout": holdout,
                    },
                )
                task.wait_for_task(self.token, self.address, created["uuid"], uuid, self.verify_connection)
                model = Model(self, uuid)
                model.task = self.call("GET", "/task", {"uuid": created["uuid"]})
                model.targets, model.columns, model.notices = outputs, columns, notices
                if is_series:
                    return model
                try:
                    asked = {"cluster_uuid": uuid, "dataset_uuid": data.uuid}
                    model.importance = self.call("GET", "/cluster/explain", asked)["importance"]
                except hanami_exceptions.HanamiException as error:
                    notices.append(f"what mattered was not worked out: {error}")
                return model
            except Exception:
                # A cluster that learnt nothing is of no use to anybody.
                cluster.delete_cluster(self.token, self.address, uuid, self.verify_connection)
                raise

    def _new_cluster(self, own, wanted: str, outputs, seed) -> str:
        template = template_of(outputs)
        for count in range(1, 1000):
            name = own or (wanted if count == 1 else f"{wanted} {count}")
            values = {"name": name, "template": hanami_request.to_base64(template), "seed": seed}
            try:
                return self.call("POST", "/cluster", values)["uuid"]
            except hanami_exceptions.ConflictException:
                if own:
                    raise
        raise hanami_exceptions.ConflictException(f"there are too many clusters called '{wanted}'")


class Model:
    """A cluster that has learnt a table."""

    def __init__(self, hanami: Hanami, uuid: str):
        self.hanami, self.uuid = hanami, uuid
        self.task, self.importance, self.columns, self.notices = {}, [], [], []
        answers = hanami.call("GET", "/cluster", {"uuid": uuid})["outputs"]
        # The column that each output answers.
        self.targets = {output["name"]: output["name"] for output in answers}

    @property
    def judged(self) -> dict:
        """How the rows that were kept apart are answered, by target: accuracy and log_loss, or mae, rmse and r2."""
        return {self.targets.get(output, output): judged for output, judged in self.task.get("holdout", {}).items()}

    def curve(self) -> list:
        """How its training went: at most 500 points."""
        return self.hanami.call("GET", "/task/curve", {"uuid": self.task["uuid"]})["curve"]

    def predict(self, table, all: bool = False):
        """
        Answers the rows of a table. For a DataFrame a DataFrame with the same index: a column for each target, of classes also <target>_probability and,
        with all, one for each class. For rows a list of dicts with value and probabilities. For a file a list of dicts of columns.
        """
        if isinstance(table, (str, os.PathLike)):
            return self._predict_file(table, all)
        rows, index = rows_of(table)
        answers = []
        for start in range(0, len(rows), _CALL_ROWS):
            values = {"cluster_uuid": self.uuid, "rows": rows[start : start + _CALL_ROWS]}
            answers += self.hanami.call("POST", "/cluster/predict", values)["answers"]
        answers = [{self.targets.get(output, output): value for output, value in answer.items()} for answer in answers]
        return answers if index is None else frame(answers, index, all)

    def _predict_file(self, path, all):
        with Table(self.hanami, path, {}) as data:
            fit = self._fit(data)
            created = self.hanami.call(
                "POST",
                "/task/request",
                {
                    "name": "predict",
                    "cluster_uuid": self.uuid,
                    "inputs": [fit["input"]],
                    "results": [{"dataset_column": name, "hexagon_name": name, "all_classes": all} for name in fit["outputs"]],
                    "time_length": fit["window"],
                },
            )
            where = (self.hanami.token, self.hanami.address)
            try:
                task.wait_for_task(*where, created["uuid"], self.uuid, self.hanami.verify_connection)
                names, rows = [], []
                while True:
                    part = {"uuid": created["uuid"], "row_offset": len(rows), "number_of_rows": _PAGE}
                    page = self.hanami.call("GET", "/dataset/rows", part)
                    names = page["names"]
                    rows += page["rows"]
                    if len(rows) >= page["number_of_rows"] or not page["rows"]:
                        break
            finally:
                delete_dataset(self.hanami, created["uuid"])
            # The first rows of a series have too few before them to be answered.
            rows = [[None] * len(names)] * (fit["window"] - 1) + rows
            return [dict(zip(names, row)) for row in rows]

    def _fit(self, data) -> dict:
        """How a table on the server goes into the cluster: a source for its input, names of outputs, and the rows that are seen at once."""
        found = self.hanami.call("GET", "/cluster", {"uuid": self.uuid})
        fields = [field["name"] for field in found["inputs"][0].get("fields", [])]
        lags = [int(before.group(1)) if (before := re.search(r" \((\d+) before\)$", name)) else 0 for name in fields]
        columns = self.hanami.call("GET", "/dataset", {"uuid": data.uuid})["columns"]
        names = [column["name"] for column in columns]
        known = [name for name, lag in zip(fields, lags) if lag == 0 and name in names]
        if not known:
            raise hanami_exceptions.BadRequestException(
                f"none of the columns is known to the cluster; it learnt {', '.join(fields) or 'no table'}"
            )
        # What is answered of the present row is no field of it.
        ahead = [output for output in found["outputs"] if self.targets.get(output["name"], output["name"]) in fields]
        forecast = max((1 if output.get("classes") else max(1, output["width"]) for output in ahead), default=0)
        if forecast > 0 or max(lags) > 0:
            _must_be_in_order(columns, [])
        return {
            "input": {"dataset_uuid": data.uuid, "dataset_columns": known, "hexagon_name": found["inputs"][0]["name"]},
            "outputs": [output["name"] for output in found["outputs"]],
            "window": 1 + max(lags),
            "forecast": forecast,
            "names": names,
        }

    def teach(self, table) -> dict:
        """Learns further rows, with their targets, at once; how well they (of many rows the last ones) were answered before they were learnt."""
        if isinstance(table, (str, os.PathLike)):
            return self._teach_file(table)
        columns = {column: output for output, column in self.targets.items()}
        rows, _ = rows_of(table)
        scores = {}
        for start in range(0, len(rows), _CALL_ROWS):
            part = [{columns.get(name, name): value for name, value in row.items()} for row in rows[start : start + _CALL_ROWS]]
            scores = self.hanami.call("POST", "/cluster/learn", {"cluster_uuid": self.uuid, "rows": part})["scores"]
        return scores

    def _teach_file(self, path):
        # Rows of a series are learnt in the order of time, however they stand in the file; others as they stand.
        fields = self.hanami.call("GET", "/cluster", {"uuid": self.uuid})["inputs"][0].get("fields", [])
        is_series = any(field["name"] in self.targets.values() or field["name"].endswith(" before)") for field in fields)
        with Table(self.hanami, path, {"sort_by": "auto"} if is_series else {}) as data:
            fit = self._fit(data)
            for column in self.targets.values():
                if column not in fit["names"]:
                    raise hanami_exceptions.BadRequestException(f"the table has no column '{column}'; it has {', '.join(fit['names'])}")
            created = self.hanami.call(
                "POST",
                "/task/train",
                {
                    "name": "teach",
                    "cluster_uuid": self.uuid,
                    "inputs": [fit["input"]],
                    "outputs": [
                        {"dataset_uuid": data.uuid, "dataset_column": column, "hexagon_name": output} for output, column in self.targets.items()
                    ],
                    "time_length": fit["window"],
                    "forecast_length": fit["forecast"],
                },
            )
            task.wait_for_task(self.hanami.token, self.hanami.address, created["uuid"], self.uuid, self.hanami.verify_connection)
            return self.hanami.call("GET", "/task", {"uuid": created["uuid"]})["scores"]

    def explain(self, table, row=None) -> dict:
        """How much each field matters to the answers to rows; and, for the number of one, what took its answer from the usual one."""
        rows, _ = rows_of(table)
        values = {"cluster_uuid": self.uuid, "rows": rows[:1000]}
        if row is not None:
            values["row"] = rows[row]
        return self.hanami.call("POST", "/cluster/explain", values)

    def delete(self) -> None:
        """Deletes the cluster."""
        cluster.delete_cluster(self.hanami.token, self.hanami.address, self.uuid, self.hanami.verify_connection)


def _must_be_in_order(columns, notices) -> None:
    for column in columns:
        if column["kind"] != "time" or column["skip"]:
            continue
        name = column["name"]
        if column.get("ascending") is False:
            raise hanami_exceptions.BadRequestException(f"the rows are not in the order of '{name}'; each later than the one before; a file may hold one series only")
        if column.get("gaps"):
            step = column.get("step")
            notices.append(f"'{name}' has {column['gaps']} gaps: steps longer than the usual {step} s; rows on both sides are taken for neighbours")
