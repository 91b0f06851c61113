"""
Runs a snippet of the documentation against a real server. Standard input holds JSON: the snippet's path, texts to be replaced in it
(the address, uuids and files of the documentation's examples), and names that the snippet expects to be there.
Standard output ends with a line of JSON: what the snippet printed, its variables, and what the functions of direct_io answered.
"""

import contextlib
import io
import json
import sys

from hanami_sdk import cluster, dataset, direct_io, hanami_token, project, user

job = json.load(sys.stdin)
source = open(job["path"], encoding="utf-8").read()
for old, new in job["replace"].items():
    source = source.replace(old, new)

answers = []


def recorded(function):
    async def call(*arguments):
        answer = await function(*arguments)
        answers.append(answer)
        return answer

    return call


direct_io.send_request_input = recorded(direct_io.send_request_input)
direct_io.send_train_input = recorded(direct_io.send_train_input)


class Impatient:
    """The documentation waits whole seconds."""

    @staticmethod
    def sleep(_seconds):
        import time

        time.sleep(0.05)


token = hanami_token.request_token(job["address"], job["user"], job["passphrase"])
# Snippets use some modules that they do not import, and once a name without its module.
names = {
    "__name__": "__main__",
    "json": json,
    "time": Impatient,
    "dataset": dataset,
    "cluster": cluster,
    "project": project,
    "add_roject_to_user": user.add_roject_to_user,
    "token": token,
    **job["names"],
}
known = set(names)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    exec(compile(source, job["path"], "exec"), names)
variables = {name: value for name, value in names.items() if isinstance(value, (str, int, float, list, bytes)) and name not in known}
print()
variables = {name: value.decode() if isinstance(value, bytes) else value for name, value in variables.items()}
print(json.dumps({"printed": printed.getvalue(), "variables": variables, "answers": answers}))
