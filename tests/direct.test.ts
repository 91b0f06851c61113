// Direct I/O as bytes on the wire, as a client does it that does not know the SDK, and through the SDK.
import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema, ClusterProcessType, TargetBufferType } from '@openhanami/contract';
import { BadRequest, ConnectionError, cluster, directIo, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const TEMPLATE = `version: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
    2,2,1
inputs:
    left: 1,1,1
    right: 2,1,1
outputs:
    sum: 3,1,1
    both: 2,2,1
`;

const { TRAIN_TYPE, REQUEST_TYPE } = ClusterProcessType;
const { INPUT_BUFFER_TYPE, EXPECTED_BUFFER_TYPE } = TargetBufferType;

let server: ServerProcess;
let token: string;
let address: string;
let names = 0;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
  address = server.address;
  token = await server.logIn();
});
afterAll(() => server.remove());

const newTalker = async (template = TEMPLATE): Promise<string> =>
  (await cluster.createCluster(token, address, `talker ${++names}`, template)).uuid;

const setMode = async (uuid: string, new_state: string): Promise<Response> =>
  server.call('PUT', '/v1.0alpha/cluster/set_mode', token, JSON.stringify({ uuid, new_state }));

/** A connection to a cluster in DIRECT mode, message by message. */
class Talk {
  private readonly frames: Buffer[] = [];
  private wake = (): void => {};
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      expect(isBinary).toBe(true);
      this.frames.push(data);
      this.wake();
    });
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  static async open(uuid: string, key = token): Promise<{ talk: Talk; welcome: Record<string, unknown> }> {
    const socket = new WebSocket(address.replace('http', 'ws'));
    await once(socket, 'open');
    const talk = new Talk(socket);
    socket.send(JSON.stringify({ token: key, target: 'cluster', uuid }));
    return { talk, welcome: JSON.parse(String(await talk.frame())) };
  }

  async frame(): Promise<Buffer> {
    while (this.frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.frames.shift() as Buffer;
  }

  async answer() {
    const { $typeName: _, $unknown: __, ...fields } = fromBinary(ClusterIO_MessageSchema, await this.frame());
    return { ...fields, values: [...fields.values] };
  }

  say(bufferName: string, values: number[], isLast: boolean, processType = TRAIN_TYPE, targetBufferType = INPUT_BUFFER_TYPE): void {
    const message = { bufferName, isLast, processType, targetBufferType, numberOfValues: BigInt(values.length), values };
    this.socket.send(toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message)));
  }

  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }
}

async function inDirect(template?: string): Promise<{ uuid: string; talk: Talk }> {
  const uuid = await newTalker(template);
  expect((await setMode(uuid, 'DIRECT')).status).toBe(200);
  const { talk, welcome } = await Talk.open(uuid);
  expect(welcome).toEqual({ success: true, uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  return { uuid, talk };
}

const ack = { bufferName: '', isLast: false, processType: TRAIN_TYPE, targetBufferType: 0, numberOfValues: 1n, values: [0] };

describe('a direct connection', () => {
  it('trains and answers with several inputs and outputs, each message answered as the contract says', async () => {
    const { talk } = await inDirect();
    for (let round = 0; round < 300; round++) {
      const [left, right] = [round % 2, (round >> 1) % 2] as [number, number];
      talk.say('left', [left, 1 - left], false);
      expect(await talk.answer()).toEqual(ack);
      talk.say('right', [right, 1 - right], false);
      expect(await talk.answer()).toEqual(ack);
      talk.say('sum', [left + right], false, TRAIN_TYPE, EXPECTED_BUFFER_TYPE);
      expect(await talk.answer()).toEqual(ack);
      // As the documentation's snippet does: an output whose type says input.
      talk.say('both', [left & right, left | right], true, TRAIN_TYPE, INPUT_BUFFER_TYPE);
      expect(await talk.answer()).toEqual({ ...ack, isLast: true });
    }
    talk.say('left', [1, 0], false, REQUEST_TYPE);
    expect(await talk.answer()).toEqual(ack);
    talk.say('right', [0, 1], true, REQUEST_TYPE);
    const first = await talk.answer();
    const second = await talk.answer();
    expect(first).toMatchObject({ bufferName: 'sum', isLast: false, processType: REQUEST_TYPE, numberOfValues: 1n });
    expect(second).toMatchObject({ bufferName: 'both', isLast: true, processType: REQUEST_TYPE, numberOfValues: 2n });
    expect(first.values[0]).toBeGreaterThan(0.2);
    expect(second.values[1]).toBeGreaterThan(second.values[0] as number);
    await talk.close();
  });

  it('keeps the values of a buffer from cycle to cycle', async () => {
    const { uuid, talk } = await inDirect();
    for (const [name, values] of [
      ['left', [1, 0]],
      ['right', [0, 1]],
      ['sum', [1]],
    ] as const) {
      talk.say(name, [...values], false);
      await talk.answer();
    }
    for (let round = 0; round < 50; round++) {
      talk.say('both', [0, 1], true);
      await talk.answer();
    }
    talk.say('right', [0, 1], true, REQUEST_TYPE);
    expect((await talk.answer()).bufferName).toBe('sum');
    await talk.answer();
    await talk.close();
    expect((await cluster.getCluster(token, address, uuid)).inputs).toEqual([
      { name: 'left', width: 2 },
      { name: 'right', width: 2 },
    ]);
  });

  it.each<[string, (talk: Talk) => void, number, RegExp]>([
    ['a frame that is no message', ({ socket }) => socket.send(Buffer.from([255, 255, 255])), 1007, /no ClusterIO_Message/],
    ['text instead of a message', ({ socket }) => socket.send('hello'), 1007, /no ClusterIO_Message/],
    ['no values', (talk) => talk.say('left', [], false), 1007, /must bring values/],
    [
      'another number of values than it says',
      ({ socket }) =>
        socket.send(
          toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, { bufferName: 'left', numberOfValues: 2n, values: [1] })),
        ),
      1007,
      /numberOfValues is 2, but 1 values came/,
    ],
    ['an unknown buffer', (talk) => talk.say('middle', [1], false), 1008, /no input or output 'middle'; it has 'left', 'right'/],
    ['an output in a request', (talk) => talk.say('sum', [1], false, REQUEST_TYPE), 1008, /no input 'sum'/],
    ['a request before any training', (talk) => talk.say('left', [1, 0], true, REQUEST_TYPE), 1008, /not been trained/],
    ['a training without all buffers', (talk) => talk.say('left', [1, 0], true), 1008, /no rows for the input 'right'/],
  ])('ends with code and reason for %s', async (_, say, code, reason) => {
    const { talk } = await inDirect();
    say(talk);
    expect(await talk.closed).toEqual({ code, reason: expect.stringMatching(reason) });
  });

  it('refuses widths that do not fit, and what is infinite; NaN is what is missing', async () => {
    const simple = 'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n in: 1,1,1\noutputs:\n out: 2,1,1\n';
    const { uuid, talk } = await inDirect(simple);
    talk.say('in', [1, 2, 3], false);
    talk.say('out', [1], true);
    await talk.answer();
    await talk.answer();
    talk.say('in', [1, 2], true, REQUEST_TYPE);
    expect(await talk.closed).toEqual({ code: 1008, reason: "'in' has 3 values, but 2 came" });
    const { talk: wider } = await Talk.open(uuid);
    wider.say('in', [1, 2, 3, 4], true, REQUEST_TYPE);
    expect(await wider.closed).toEqual({ code: 1008, reason: "'in' has 3 values, but 4 came" });
    const { talk: strange } = await Talk.open(uuid);
    strange.say('in', [1, Number.NaN, 3], false);
    strange.say('out', [1], true);
    await strange.answer();
    await strange.answer();
    strange.say('in', [1, Number.NEGATIVE_INFINITY, 3], false);
    strange.say('out', [1], true);
    expect(await strange.closed).toEqual({ code: 1008, reason: expect.stringContaining("'in' row 0, column 1 is -Infinity") });
  });

  it('needs DIRECT mode, which needs an empty queue; tasks need TASK mode', async () => {
    const uuid = await newCluster(token, address, `talker ${++names}`);
    expect((await Talk.open(uuid)).welcome).toMatchObject({ success: false, error: expect.stringContaining('TASK mode') });
    const digits = await uploadDigits(token, address, 'digits', 30_000);
    const training = await queueTraining(token, address, uuid, digits);
    const busy = await setMode(uuid, 'DIRECT');
    expect([busy.status, await busy.text()]).toEqual([409, expect.stringContaining('queued or active')]);
    await task.deleteTask(token, address, training, uuid);
    const answer = await setMode(uuid, 'DIRECT');
    expect(await answer.json()).toEqual({
      created_at: expect.stringMatching(/^\d{4}-/),
      uuid,
      name: expect.any(String),
      new_state: 'DIRECT',
    });
    await expect(queueTraining(token, address, uuid, digits)).rejects.toThrowError('DIRECT mode');
    expect((await setMode(uuid, 'SLEEP')).status).toBe(400);
  });

  it('ends when the cluster leaves DIRECT mode, is deleted, or the token expires', async () => {
    const left = await inDirect();
    await cluster.switchToTaskMode(token, address, left.uuid);
    expect(await left.talk.closed).toEqual({ code: 1008, reason: 'the cluster left DIRECT mode' });
    const gone = await inDirect();
    await cluster.deleteCluster(token, address, gone.uuid);
    expect(await gone.talk.closed).toEqual({ code: 1008, reason: 'the cluster was deleted' });

    // Long enough to connect, also on a machine that has much else to do.
    const brief = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '10' });
    try {
      const key = await brief.logIn();
      const { uuid } = await cluster.createCluster(key, brief.address, 'brief cluster');
      const connection = await cluster.switchToDirectMode(key, brief.address, uuid);
      await new Promise((next) => setTimeout(next, 10_500));
      await expect(directIo.sendTrainInput(connection, 'input', [1], false)).rejects.toThrowError(/the token has expired/);
    } finally {
      await brief.remove();
    }
  });

  it('is for the owner of the cluster only', async () => {
    const { uuid } = await inDirect();
    const nobody = (await Talk.open(uuid, 'no token')).welcome;
    expect(nobody).toMatchObject({ success: false, error: expect.stringContaining('not valid') });
    const absent = (await Talk.open('146bacb3-b5bf-485b-a2e8-d1812b57eb63')).welcome;
    expect(absent).toMatchObject({ success: false, error: expect.stringContaining('there is no cluster') });
  });

  it('keeps what was learnt: after its end, and within the snapshot interval through kill -9', async () => {
    const simple = 'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n in: 1,1,1\noutputs:\n out: 2,1,1\n';
    const uuid = await newTalker(simple);
    const connection = await cluster.switchToDirectMode(token, address, uuid);
    for (let round = 0; round < 200; round++) await directIo.train(connection, { in: [round % 2, 1] }, { out: [round % 2] });
    const before = await directIo.request(connection, { in: [1, 1] });
    // The snapshot is written a second after the first cycle.
    await new Promise((next) => setTimeout(next, 1500));
    await server.stop('SIGKILL');
    await server.restart();
    address = server.address;
    const again = await cluster.switchToDirectMode(token, address, uuid);
    expect(await directIo.request(again, { in: [1, 1] })).toEqual(before);
    await directIo.train(again, { in: [0, 0] }, { out: [1] });
    const later = await directIo.request(again, { in: [0, 0] });
    await again.close();
    await cluster.switchToTaskMode(token, address, uuid);
    await server.stop('SIGKILL');
    await server.restart();
    address = server.address;
    const last = await cluster.switchToDirectMode(token, address, uuid);
    expect(await directIo.request(last, { in: [0, 0] })).toEqual(later);
    await last.close();
  });

  it('gives the reason of the server as an error class of the SDK', async () => {
    const uuid = await newTalker();
    const connection = await cluster.switchToDirectMode(token, address, uuid);
    await expect(directIo.sendTrainInput(connection, 'middle', [1], false)).rejects.toThrowError(BadRequest);
    await connection.close();
    await expect(directIo.sendTrainInput(connection, 'left', [1], false)).rejects.toThrowError(BadRequest);
    const other = await cluster.switchToDirectMode(token, address, uuid);
    await other.close();
    await expect(directIo.sendTrainInput(other, 'left', [1], false)).rejects.toThrowError(ConnectionError);
  });
});
