// Tables in Python: files, DataFrames and rows, and estimators for scikit-learn.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '@openhanami/datasets';
import { table } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PYTHON, python } from './python.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const hasPandas = spawnSync(PYTHON ?? 'python3', ['-c', 'import pandas, sklearn'], { stdio: 'ignore' }).status === 0;
if (!hasPandas && process.env['CI']) throw new Error('CI needs python3 with pandas and scikit-learn');

/** Who buys follows from town and age. */
function people(count: number, seed: number): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, () => {
    const town = ['Berlin', 'Köln', 'Rom'][Math.floor(random() * 3)];
    const age = Math.floor(20 + random() * 60);
    return `${town},${random() < 0.1 ? '' : age},2026-0${1 + (age % 9)}-01,${(town === 'Köln') !== age > 50 ? 'yes' : 'no'}`;
  });
  return `town,age,since,buys\n${lines.join('\n')}\n`;
}

describe.skipIf(!hasPandas)('in Python', () => {
  let server: ServerProcess;
  let folder: string;
  beforeAll(async () => {
    server = await ServerProcess.start();
    folder = mkdtempSync(join(tmpdir(), 'hanami-python-'));
    writeFileSync(join(folder, 'people.csv'), people(1500, 1));
    writeFileSync(join(folder, 'new.csv'), people(60, 2));
    writeFileSync(
      join(folder, 'comma.csv'),
      people(70, 3)
        .replaceAll(',', ';')
        .replace(/;(\d+);/g, ';$1,5;'),
    );
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (program: string): Promise<unknown> => {
    const begin = `
import json, os, warnings
warnings.simplefilter("ignore")
os.environ.update(HANAMI_ADDRESS=${JSON.stringify(server.address)}, HANAMI_USER=${JSON.stringify(ADMIN.id)}, HANAMI_PASSPHRASE=${JSON.stringify(ADMIN.passphrase)})
os.chdir(${JSON.stringify(folder)})
`;
    return JSON.parse(await python(['-c', `${begin}${program}`]));
  };

  it('a table is learnt from a file, a frame and rows; frames come out where frames go in', async () => {
    const found = await run(`
import pandas
from hanami_sdk import connect
hanami = connect()
model = hanami.learn("people.csv", target="buys")
new = pandas.read_csv("new.csv", index_col=False)
new.index = [f"r{i}" for i in range(len(new))]
frame = model.predict(new.drop(columns="buys"), all=True)
file = model.predict("new.csv")
again = hanami.learn(pandas.read_csv("people.csv"), target="buys", name="from a frame", passes=2)
rows = [{"x": i % 7, "y": 3 * (i % 7)} for i in range(300)]
number = hanami.learn(rows, target="y", holdout=0.1)
print(json.dumps({
    "accuracy": model.judged["buys"]["accuracy"],
    "columns": list(frame.columns), "index": list(frame.index[:2]),
    "same": float((frame.buys.tolist() == [row["buys"] for row in file])),
    "right": float((frame.buys == new.buys).mean()),
    "sums": float((frame.buys_no + frame.buys_yes).mean()),
    "matters": {one["field"] for one in model.importance[:2]} == {"town", "age"},
    "taught": model.teach(new)["buys"]["rows"],
    "file taught": model.teach("comma.csv")["buys"]["rows"],
    "curve": len(model.curve()) > 5,
    "why": len(model.explain(new, row=3)["explanation"]["contributions"]),
    "frame": again.judged["buys"]["accuracy"], "epochs": again.task["epochs"],
    "kinds": {one["name"]: one["kind"] for one in again.columns},
    "number": number.predict([{"x": 4}])[0]["y"]["value"],
    "kept": hanami.model(model.uuid).predict([{"town": "Rom", "age": 60}])[0]["buys"]["value"],
}))`);
    expect(found).toMatchObject({
      columns: ['buys', 'buys_probability', 'buys_no', 'buys_yes'],
      index: ['r0', 'r1'],
      same: 1,
      sums: expect.closeTo(1, 4),
      matters: true,
      taught: 60,
      'file taught': 70,
      curve: true,
      why: 3,
      epochs: 2,
      kinds: { town: 'category', age: 'number', since: 'time', buys: 'category' },
      number: expect.closeTo(12, 0),
      kept: 'yes',
    });
    const { accuracy, right, frame } = found as Record<string, number>;
    for (const share of [accuracy, right, frame]) expect(share).toBeGreaterThan(0.85);
  });

  it('a series that was learnt elsewhere is answered as it is there', async () => {
    const file = join(folder, 'waves.csv');
    writeFileSync(file, `load\n${Array.from({ length: 400 }, (_, i) => Math.sin(i / 5).toFixed(4)).join('\n')}\n`);
    const token = await server.logIn();
    const { cluster } = await table.learnTable(token, server.address, file, { target: 'load', name: 'waves', forecast: 2, window: 4 });
    const { rows } = await table.predictTable(token, server.address, cluster.uuid, file);
    const found = await run(`
from hanami_sdk import connect
model = connect().model(${JSON.stringify(cluster.uuid)})
print(json.dumps([[row["load"] for row in model.predict("waves.csv")], model.teach("waves.csv")["load"]["rows"]]))
model.delete()`);
    const [answers, taught] = found as [(number[] | null)[], number];
    expect(answers).toHaveLength(400);
    expect(answers.slice(0, 3)).toEqual([null, null, null]);
    expect(answers.slice(3)).toEqual(rows.slice(3));
    expect(taught).toBe(400 - 3 - 2);
  });

  it('what is wrong is said', async () => {
    expect(
      await run(`
from hanami_sdk import connect, hanami_exceptions
hanami = connect()
said = []
for table, target in (("people.csv", "sold"), ([{"a": 1}, {"a": 2}], "a"), ([{"a": 1, "b": [1]}, {"a": 2, "b": [1, 2]}], "a")):
    try:
        hanami.learn(table, target=target)
    except hanami_exceptions.BadRequestException as error:
        said.append(str(error))
print(json.dumps([said, json.loads(__import__("hanami_sdk.cluster").cluster.list_clusters(hanami.token, hanami.address))["body"].__len__() < 4]))`),
    ).toEqual([
      [
        "the table has no column 'sold'; it has 'town', 'age', 'since', 'buys'",
        'the table has no column to learn a from',
        expect.stringContaining('the list has 2 values, but those before have 1'),
      ],
      true,
    ]);
  });

  it('estimators pass all checks of scikit-learn, in pipelines and cross validation', async () => {
    expect(
      await run(`
import numpy, pandas, pickle
from sklearn.compose import make_column_selector
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from hanami_sdk.estimators import HanamiClassifier, HanamiRegressor
failed, count = [], 0
for kind in (HanamiClassifier, HanamiRegressor):
    for estimator, check in check_estimator(kind(), generate_only=True):
        count += 1
        try:
            check(estimator)
        except Exception as error:
            failed.append(f"{kind.__name__} {check.func.__name__}: {error}")
people = pandas.read_csv("people.csv")
X, y = people.drop(columns="buys"), people.buys
scores = cross_val_score(make_pipeline(FunctionTransformer(), HanamiClassifier()), X, y, cv=3)
online = HanamiClassifier()
for start in range(0, 1500, 500):
    online.partial_fit(X[start:start + 500], y[start:start + 500], classes=["no", "yes"])
copy = pickle.loads(pickle.dumps(online))
random = numpy.random.RandomState(0)
numbers = random.rand(400, 3)
numbers[random.rand(400, 3) < 0.1] = numpy.nan
target = numpy.nan_to_num(numbers).sum(axis=1)
print(json.dumps({
    "failed": failed, "many": count > 70, "scores": float(scores.mean()), "online": online.score(X, y),
    "copy": bool((copy.predict(X[:50]) == online.predict(X[:50])).all()),
    "r2": HanamiRegressor().fit(numbers[:300], target[:300]).score(numbers[300:], target[300:]),
}))`),
    ).toEqual({
      failed: [],
      many: true,
      scores: expect.toSatisfy((value: number) => value > 0.85),
      online: expect.toSatisfy((value: number) => value > 0.85),
      copy: true,
      r2: expect.toSatisfy((value: number) => value > 0.8),
    });
  });
});
